import { useMemo, useState } from 'react';
import type { Asset } from '@/shared/api/types';
import { everything, nothingSelected, ranged, toggled } from '../model/selection';

export interface SelectionOf {
  /** What is selected and still in the list, in its order. */
  assets: Asset[];
  active: boolean;
  has: (id: string) => boolean;
  toggle: (id: string) => void;
  extendTo: (id: string) => void;
  choose: (ids: string[]) => void;
  clear: () => void;
}

export function useSelection(items: Asset[]): SelectionOf {
  const [selection, setSelection] = useState(nothingSelected);
  const assets = useMemo(
    () => (selection.ids.size === 0 ? [] : items.filter((item) => selection.ids.has(item.id))),
    [items, selection],
  );
  return {
    assets,
    active: assets.length > 0,
    has: (id) => selection.ids.has(id),
    toggle: (id) => setSelection((current) => toggled(current, id)),
    extendTo: (id) =>
      setSelection((current) =>
        ranged(
          current,
          items.map((item) => item.id),
          id,
        ),
      ),
    choose: (ids) => setSelection(everything(ids)),
    clear: () => setSelection(nothingSelected),
  };
}
