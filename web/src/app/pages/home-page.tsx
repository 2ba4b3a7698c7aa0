import { useDocumentTitle } from '@mantine/hooks';
import { HardDrive } from 'lucide-react';
import { Navigate } from 'react-router-dom';
import { RootsGrid } from '@/features/library/components/roots-grid';
import { useRoots } from '@/features/library/hooks/use-folder';
import { EmptyState } from '@/shared/ui/empty-state';
import { ErrorState } from '@/shared/ui/error-state';
import { PageHeader } from '../shell/page-header';

/** The topmost folders; with only one there is nothing to choose. */
export function HomePage() {
  useDocumentTitle('Reelvault');
  const roots = useRoots();
  if (roots.error) return <ErrorState error={roots.error} onRetry={() => void roots.refetch()} />;
  const only = roots.data?.items.length === 1 ? roots.data.items[0] : undefined;
  if (only) return <Navigate to={`/folder/${only.id}`} replace />;
  if (roots.data?.items.length === 0) {
    return (
      <EmptyState icon={<HardDrive size={28} />} title="Nothing has been shared with you yet" page>
        Ask an administrator for access to a folder.
      </EmptyState>
    );
  }
  return (
    <>
      <PageHeader title="Library" />
      <RootsGrid roots={roots.data?.items} />
    </>
  );
}
