import { useDocumentTitle } from '@mantine/hooks';
import { Trash2 } from 'lucide-react';
import { BinBrowser } from '@/features/library/components/bin-browser';
import { EmptyState } from '@/shared/ui/empty-state';
import { PageHeader } from '../shell/page-header';

export function BinPage() {
  useDocumentTitle('Bin · Reelvault');
  return (
    <BinBrowser
      header={(emptyButton) => <PageHeader title="Bin" actions={emptyButton} />}
      empty={
        <EmptyState icon={<Trash2 size={28} strokeWidth={1.6} />} title="The bin is empty">
          What is moved to the bin can be brought back from here until it is deleted for good.
        </EmptyState>
      }
    />
  );
}
