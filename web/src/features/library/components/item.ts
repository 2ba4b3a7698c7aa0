import type { ReactNode } from 'react';
import type { Asset } from '@/shared/api/types';
import type { ListActions } from './asset-menu';

/** What a card or a row of a list is given. */
export interface ItemProps {
  asset: Asset;
  /** Its place among all items. */
  index: number;
  total: number;
  actions: ListActions;
  selected: boolean;
  onCheck: (asset: Asset, range: boolean) => void;
  /** In place of size and date: why a search found it. */
  note?: ReactNode;
}
