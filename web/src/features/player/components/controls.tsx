import { ActionIcon, Menu, Slider, Tooltip } from '@mantine/core';
import {
  Keyboard,
  Maximize,
  Minimize,
  Pause,
  Play,
  RotateCcw,
  StepBack,
  StepForward,
  Volume1,
  Volume2,
  VolumeX,
} from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { useStore } from '@/shared/lib/store';
import { ChoiceItem } from '@/shared/ui/choice-item';
import type { StreamControl } from '../hooks/use-stream';
import type { MediaController } from '../model/controller';
import classes from './controls.module.css';

interface ControlsProps {
  controller: MediaController;
  stream: StreamControl;
  time: ReactNode;
  /** Steps by single frames make sense for pictures alone. */
  frames: boolean;
  onHelp: () => void;
  fullscreen?: { active: boolean; toggle: () => void };
}

export function Controls({ controller, stream, time, frames, onHelp, fullscreen }: ControlsProps) {
  const { playing, ended, reverse } = useStore(controller.state);
  const moving = playing || reverse > 0;
  const label = moving ? 'Pause' : ended ? 'Play again' : 'Play';
  return (
    <div className={classes.controls} role="group" aria-label="Player">
      <Tool label={label} keys="space" onClick={() => controller.toggle()}>
        {moving ? <Pause size={19} /> : ended ? <RotateCcw size={18} /> : <Play size={19} />}
      </Tool>
      {frames && (
        <span className={classes.steps}>
          <Tool label="One frame back" keys="," onClick={() => controller.stepFrames(-1)}>
            <StepBack size={17} />
          </Tool>
          <Tool label="One frame on" keys="." onClick={() => controller.stepFrames(1)}>
            <StepForward size={17} />
          </Tool>
        </span>
      )}
      <Volume controller={controller} />
      {time}
      <span className={classes.space} />
      {reverse > 0 && <span className={classes.shuttle}>−{reverse}×</span>}
      <SpeedMenu controller={controller} />
      <AudioMenu stream={stream} />
      <SubtitleMenu stream={stream} />
      <QualityMenu stream={stream} />
      <span className={classes.help}>
        <Tool label="Keyboard shortcuts" keys="?" onClick={onHelp}>
          <Keyboard size={18} />
        </Tool>
      </span>
      {fullscreen && (
        <Tool label={fullscreen.active ? 'Leave full screen' : 'Full screen'} keys="F" onClick={fullscreen.toggle}>
          {fullscreen.active ? <Minimize size={18} /> : <Maximize size={18} />}
        </Tool>
      )}
    </div>
  );
}

interface ToolProps {
  label: string;
  keys?: string;
  onClick: () => void;
  children: ReactNode;
}

function Tool({ label, keys, onClick, children }: ToolProps) {
  return (
    <Tooltip label={keys ? `${label} (${keys})` : label}>
      <ActionIcon className={classes.tool} size={34} aria-label={label} onClick={onClick}>
        {children}
      </ActionIcon>
    </Tooltip>
  );
}

function Volume({ controller }: { controller: MediaController }) {
  const { volume, muted } = useStore(controller.state);
  const silent = muted || volume === 0;
  return (
    <span className={classes.volume}>
      <Tool label={silent ? 'Sound on' : 'Sound off'} keys="M" onClick={() => controller.toggleMute()}>
        {silent ? <VolumeX size={18} /> : volume < 0.5 ? <Volume1 size={18} /> : <Volume2 size={18} />}
      </Tool>
      <Slider
        className={classes.volumeSlider}
        classNames={{ track: classes.volumeTrack }}
        size={4}
        thumbSize={12}
        color="gray.0"
        label={null}
        min={0}
        max={100}
        value={silent ? 0 : Math.round(volume * 100)}
        onChange={(value) => controller.setVolume(value / 100)}
        thumbLabel="Volume"
      />
    </span>
  );
}

const speeds = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 4];

function SpeedMenu({ controller }: { controller: MediaController }) {
  const rate = useStore(controller.state, (state) => state.rate);
  return (
    <ChoiceMenu
      label="Speed"
      shown={`${rate}×`}
      choices={speeds.map((speed) => ({ value: speed, label: speed === 1 ? 'Normal' : `${speed}×` }))}
      chosen={rate}
      onChoose={(speed) => controller.setRate(speed)}
    />
  );
}

function QualityMenu({ stream }: { stream: StreamControl }) {
  if (stream.qualities.length < 2) return null;
  const shown = stream.qualities.find((quality) => quality.index === stream.shown);
  const chosen = stream.qualities.find((quality) => quality.index === stream.chosen);
  return (
    <ChoiceMenu
      label="Quality"
      shown={chosen?.label ?? (shown ? `Auto ${shown.label}` : 'Auto')}
      choices={[
        { value: -1, label: shown && !chosen ? `Auto (${shown.label})` : 'Auto' },
        ...stream.qualities.map((quality) => ({ value: quality.index, label: quality.label })),
      ]}
      chosen={stream.chosen}
      onChoose={stream.choose}
    />
  );
}

function AudioMenu({ stream }: { stream: StreamControl }) {
  if (stream.audioTracks.length < 2) return null;
  const shown = stream.audioTracks.find((track) => track.id === stream.audioTrack);
  return (
    <ChoiceMenu
      label="Sound track"
      shown={shown?.name ?? 'Sound'}
      choices={stream.audioTracks.map((track) => ({ value: track.id, label: track.name }))}
      chosen={stream.audioTrack}
      onChoose={stream.chooseAudio}
    />
  );
}

function SubtitleMenu({ stream }: { stream: StreamControl }) {
  if (stream.subtitles.length === 0) return null;
  const shown = stream.subtitles.find((track) => track.id === stream.subtitle);
  return (
    <ChoiceMenu
      label="Subtitles"
      shown={shown?.name ?? 'CC'}
      spoken={shown?.name ?? 'Off'}
      choices={[
        { value: -1, label: 'Off' },
        ...stream.subtitles.map((track) => ({ value: track.id, label: track.name })),
      ]}
      chosen={stream.subtitle}
      onChoose={stream.chooseSubtitle}
    />
  );
}

interface ChoiceProps {
  label: string;
  shown: string;
  /** What is said of the choice where `shown` is a sign. */
  spoken?: string;
  choices: { value: number; label: string }[];
  chosen: number;
  onChoose: (value: number) => void;
}

function ChoiceMenu({ label, shown, spoken = shown, choices, chosen, onChoose }: ChoiceProps) {
  const [open, setOpen] = useState(false);
  return (
    <Menu position="top-end" width={170} opened={open} onChange={setOpen}>
      <Menu.Target>
        <Tooltip label={label} disabled={open}>
          <button type="button" className={`${classes.choice} rv-tabular`} aria-label={`${label}: ${spoken}`}>
            {shown}
          </button>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{label}</Menu.Label>
        {choices.map((choice) => (
          <ChoiceItem key={choice.value} chosen={choice.value === chosen} onChoose={() => onChoose(choice.value)}>
            {choice.label}
          </ChoiceItem>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
