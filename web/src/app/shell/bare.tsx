import { Outlet } from 'react-router-dom';
import { FloatingToasts } from '@/shared/ui/toasts';

/** Around pages that stand for themselves, without the shell. */
export function Bare() {
  return (
    <>
      <FloatingToasts />
      <Outlet />
    </>
  );
}
