import { useLocalStorage } from '@mantine/hooks';
import type { ChildrenSort } from '@/shared/assets/keys';

export type View = 'grid' | 'list';

export const sorts = [
  { value: 'name', label: 'Name', descending: false },
  { value: 'createdAt', label: 'Date added', descending: true },
  { value: 'size', label: 'Size', descending: true },
] as const;

export type SortField = (typeof sorts)[number]['value'];

export interface ViewSettings {
  view: View;
  sort: SortField;
  descending: boolean;
}

const initial: ViewSettings = { view: 'grid', sort: 'name', descending: false };

function restore(stored: string | undefined): ViewSettings {
  try {
    const value = { ...initial, ...(JSON.parse(stored ?? '{}') as Partial<ViewSettings>) };
    return {
      view: value.view === 'list' ? 'list' : 'grid',
      sort: sorts.some((sort) => sort.value === value.sort) ? value.sort : 'name',
      descending: Boolean(value.descending),
    };
  } catch {
    return initial;
  }
}

export function useViewSettings() {
  return useLocalStorage<ViewSettings>({
    key: 'rv.library.view',
    defaultValue: initial,
    deserialize: restore,
    getInitialValueInEffect: false,
  });
}

/** The `sort` parameter; folders have no size of their own and keep to their names then. */
export function sortParameter({ sort, descending }: ViewSettings, kind: 'folders' | 'files'): ChildrenSort {
  if (kind === 'folders' && sort === 'size') return 'name';
  return descending ? `-${sort}` : sort;
}
