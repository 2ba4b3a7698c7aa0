import { MissingPage } from '@/shared/ui/missing-page';

export function NotFoundPage() {
  return <MissingPage title="There is no such page" />;
}
