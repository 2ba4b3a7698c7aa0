import { Menu } from '@mantine/core';
import { useEffect, useMemo, useRef } from 'react';
import { copyText } from '@/shared/lib/clipboard';
import { useStore } from '@/shared/lib/store';
import { ChoiceItem } from '@/shared/ui/choice-item';
import { showDone } from '@/shared/ui/toast';
import type { MediaController } from '../model/controller';
import { displayNames, type TimeDisplay as Display } from '../model/time-format';
import classes from './controls.module.css';

interface Props {
  controller: MediaController;
  display: Display;
  choices: Display[];
  onDisplay: (display: Display) => void;
  format: (seconds: number) => string;
}

/** The present time, in timecode, frames or minutes; a click offers the others and copies. */
export function TimeDisplay({ controller, display, choices, onDisplay, format }: Props) {
  const now = useRef<HTMLSpanElement>(null);
  const duration = useStore(controller.state, (state) => state.duration);
  useEffect(
    () =>
      controller.onTick((seconds) => {
        const text = format(seconds);
        if (now.current && now.current.textContent !== text) now.current.textContent = text;
      }),
    [controller, format],
  );
  // Coded sound ends some hundredths of a second off the file's own length: four seconds are not to be told as three.
  const length = display === 'clock' ? Math.round(duration * 10) / 10 : duration;
  const total = useMemo(() => (length > 0 ? format(length) : ''), [length, format]);
  return (
    <Menu position="top-start">
      <Menu.Target>
        <button type="button" className={`${classes.time} rv-tabular`} title="Time display" data-testid="time">
          <span ref={now} />
          {total && display !== 'timecode' && <span className={classes.total}> / {total}</span>}
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Show time as</Menu.Label>
        {choices.map((choice) => (
          <ChoiceItem key={choice} chosen={choice === display} onChoose={() => onDisplay(choice)}>
            {displayNames[choice]}
          </ChoiceItem>
        ))}
        <Menu.Divider />
        <Menu.Item
          onClick={() =>
            void copyText(format(controller.currentTime)).then((copied) => copied && showDone('Time copied'))
          }
        >
          Copy the present time
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
