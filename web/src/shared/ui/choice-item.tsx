import { Menu } from '@mantine/core';
import { Check } from 'lucide-react';
import type { ReactNode } from 'react';

interface Props {
  chosen: boolean;
  onChoose: () => void;
  children: ReactNode;
}

/** One of several in a menu, of which one is in force. */
export function ChoiceItem({ chosen, onChoose, children }: Props) {
  return (
    <Menu.Item
      aria-current={chosen ? 'true' : undefined}
      rightSection={chosen && <Check size={14} aria-hidden />}
      onClick={onChoose}
    >
      {children}
    </Menu.Item>
  );
}
