import { Kbd, Modal } from '@mantine/core';
import classes from './shortcuts-help.module.css';

const shortcuts: [string[], string][] = [
  [['Space'], 'Play or pause'],
  [['J', 'K', 'L'], 'Backwards, stop, forwards; again for faster'],
  [['←', '→'], '5 seconds back or on'],
  [['⇧ ←', '⇧ →'], '1 second back or on'],
  [[',', '.'], 'One frame back or on'],
  [['↑', '↓'], 'Louder or quieter'],
  [['I', 'O'], 'Mark where a clip begins and ends'],
  [['X'], 'Forget these marks'],
  [['M'], 'Sound off or on'],
  [['F'], 'Full screen'],
  [['Home', 'End'], 'To the beginning or the end'],
];

interface Props {
  opened: boolean;
  onClose: () => void;
}

export function ShortcutsHelp({ opened, onClose }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title="Keyboard shortcuts" size="sm">
      <dl className={classes.list}>
        {shortcuts.map(([keys, what]) => (
          <div key={what} className={classes.entry}>
            <dt>{what}</dt>
            <dd>
              {keys.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
