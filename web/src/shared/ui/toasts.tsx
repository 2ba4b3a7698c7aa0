import { Notifications } from '@mantine/notifications';
import classes from './toasts.module.css';

/** Where the notes of toast.tsx appear: in a place of their own in the page, so that they lie over nothing. */
export function Toasts() {
  return (
    <Notifications
      withinPortal={false}
      position="bottom-left"
      limit={3}
      classNames={{ root: classes.place, notification: classes.note }}
    />
  );
}

/** Of pages that have no such place: over what there is. */
export function FloatingToasts() {
  return <Notifications position="top-center" limit={3} />;
}
