import { Modal, type ModalProps } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';

/** A menu gives the focus back to its button this long after it has closed. */
const afterMenuMs = 30;

/**
 * A dialog that is on the page as long as it is open. Mostly an entry of a menu opens it: it waits for that to give the
 * focus back, takes it then, and at its end returns it to where it was.
 */
export function Dialog(props: Omit<ModalProps, 'opened'>) {
  const [opened, setOpened] = useState(false);
  const before = useRef<Element | null>(null);
  useEffect(() => {
    const timer = setTimeout(() => {
      before.current = document.activeElement;
      setOpened(true);
    }, afterMenuMs);
    return () => {
      clearTimeout(timer);
      const element = before.current;
      // What one goes to next takes the focus itself, should it want it.
      if (element instanceof HTMLElement) setTimeout(() => takeFocus(element));
    };
  }, []);
  return <Modal {...props} opened={opened} />;
}

function takeFocus(element: HTMLElement): void {
  const lost = !document.activeElement || document.activeElement === document.body;
  if (lost && element.isConnected) element.focus({ preventScroll: true });
}
