import { useLocalStorage } from '@mantine/hooks';
import { useCallback, useEffect, useMemo, useState } from 'react';
import type { AssetDetail } from '@/shared/api/types';
import { noMarks, playhead } from '@/shared/assets/playhead';
import { createStore } from '@/shared/lib/store';
import { parseRate } from '@/shared/timecode/rational';
import { MediaController } from '../model/controller';
import { browserCanPlay, chooseSource } from '../model/source';
import { timeChoices, timeFormatter, type TimeDisplay } from '../model/time-format';
import { useStream } from './use-stream';

/** What the film and the sound player have in common. */
export function usePlayer(detail: AssetDetail) {
  const [controller] = useState(() => new MediaController());
  const [element, setElement] = useState<HTMLMediaElement | null>(null);
  const rate = useMemo(() => parseRate(detail.frameRate), [detail.frameRate]);
  const source = useMemo(() => chooseSource(detail, browserCanPlay), [detail]);

  useEffect(() => (element ? controller.attach(element) : undefined), [controller, element]);
  useEffect(() => controller.setFrameRate(rate), [controller, rate]);
  const stream = useStream(controller, element, detail.id, source);

  const [marks] = useState(() => createStore(noMarks));
  useEffect(() => {
    const mine = { assetId: detail.id, seconds: () => controller.currentTime, pause: () => controller.pause(), marks };
    playhead.set(mine);
    return () => playhead.set((current) => (current === mine ? null : current));
  }, [controller, detail.id, marks]);

  const [wanted, setDisplay] = useLocalStorage<TimeDisplay>({ key: 'rv.player.time', defaultValue: 'timecode' });
  const choices = useMemo(() => timeChoices(rate), [rate]);
  const display = choices.includes(wanted) ? wanted : 'clock';
  const format = useMemo(
    () => timeFormatter(display, rate, detail.startTimecode),
    [display, rate, detail.startTimecode],
  );

  const [helpOpen, setHelpOpen] = useState(false);
  const showHelp = useCallback(() => setHelpOpen(true), []);
  const hideHelp = useCallback(() => setHelpOpen(false), []);

  return {
    controller,
    setElement,
    marks,
    source,
    stream,
    time: { display, choices, onDisplay: setDisplay, format },
    help: { open: helpOpen, show: showHelp, hide: hideHelp },
  };
}
