import { Checkbox, Group, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router-dom';
import type { Asset } from '@/shared/api/types';
import { assetKeys } from '@/shared/assets/keys';
import { FormDialog } from '@/shared/ui/form-dialog';
import { makeClip } from '../api/folders';
import { clipName, wholeRange } from '../model/clip';

interface Props {
  asset: Asset;
  onClose: () => void;
}

/** Asks for the stretch of a film or sound, and goes to what is made of it. */
export function ClipDialog({ asset, onClose }: Props) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [[start, end], setRange] = useState(() => wholeRange(asset));
  const [name, setName] = useState(() => clipName(asset.displayName));
  const [fast, setFast] = useState(false);
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
