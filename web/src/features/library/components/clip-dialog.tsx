import { Button, Checkbox, Group, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useNavigate } from 'react-router-dom';
import type { Asset } from '@/shared/api/types';
import { marked, playhead, type Marks } from '@/shared/assets/playhead';
import { assetKeys } from '@/shared/assets/keys';
import { FormDialog } from '@/shared/ui/form-dialog';
import { makeClip } from '../api/folders';
import { clipName, clipRange, timeOf } from '../model/clip';

interface Props {
  asset: Asset;
  onClose: () => void;
}

/** Where the player on the page stands, should it play this. */
function standing(asset: Asset): { seconds: number; marks: Marks } | null {
  const player = playhead.get();
  return player?.assetId === asset.id ? { seconds: player.seconds(), marks: player.marks.get() } : null;
}

/** Asks for the stretch of a film or sound, and goes to what is made of it. */
export function ClipDialog({ asset, onClose }: Props) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [[start, end], setRange] = useState(() => clipRange(asset, standing(asset)));
  const [here] = useState(() => standing(asset));
  // What lies below the dialog goes on playing otherwise.
  useEffect(() => playhead.get()?.pause(), []);
  const [name, setName] = useState(() => clipName(asset.displayName));
  const [fast, setFast] = useState(false);
  /** Marked in the player too, so that the other end can be looked for there. */
  const setHere = (which: keyof Marks, seconds: number) => {
    const time = timeOf(asset)(seconds);
    setRange(which === 'start' ? [time, end] : [start, time]);
    playhead.get()?.marks.set((marks) => marked(marks, which, seconds));
  };
  const make = useMutation({
    mutationFn: () =>
      makeClip(asset.id, {
        startTimecode: start.trim(),
        endTimecode: end.trim(),
        mode: fast ? 'fast' : 'exact',
        // Left as it was, the server adds what kind of file it is.
        ...(name.trim() && name.trim() !== clipName(asset.displayName) ? { displayName: name.trim() } : {}),
      }),
    onSuccess: (clip) => {
      if (clip.parentId) void client.invalidateQueries({ queryKey: assetKeys.children(clip.parentId) });
      void navigate(`/asset/${clip.id}`);
    },
    meta: { handlesErrors: true },
  });
  return (
    <FormDialog
      title={`Clip of “${asset.displayName}”`}
      confirm="Make clip"
      incomplete={!start.trim() || !end.trim()}
      submit={() => make.mutateAsync()}
      onClose={onClose}
    >
      {(faultOf) => (
        <>
          <Group grow align="flex-start">
            <TextInput
              label="Start"
              data-autofocus
              value={start}
              error={faultOf('startTimecode')}
              onChange={(event) => setRange([event.currentTarget.value, end])}
            />
            <TextInput
              label="End"
              description="Not included"
              inputWrapperOrder={['label', 'input', 'description', 'error']}
              value={end}
              error={faultOf('endTimecode')}
              onChange={(event) => setRange([start, event.currentTarget.value])}
            />
          </Group>
          {here && (
            <Group gap="xs">
              <Text size="sm" c="dimmed" className="rv-tabular" flex="1 0 auto">
                The player is at {timeOf(asset)(here.seconds)}
              </Text>
              <Group gap={6} wrap="nowrap">
                <Button size="compact-sm" variant="default" onClick={() => setHere('start', here.seconds)}>
                  Start here
                </Button>
                <Button size="compact-sm" variant="default" onClick={() => setHere('end', here.seconds)}>
                  End here
                </Button>
              </Group>
            </Group>
          )}
          <TextInput
            label="Name"
            value={name}
            maxLength={255}
            error={faultOf('displayName')}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Checkbox
            label="Fast: copy from the nearest key frame instead of encoding anew"
            checked={fast}
            onChange={(event) => setFast(event.currentTarget.checked)}
          />
        </>
      )}
    </FormDialog>
  );
}
