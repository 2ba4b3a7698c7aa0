import { ActionIcon, Button, Menu } from '@mantine/core';
import { CheckCheck, Download, Ellipsis, X } from 'lucide-react';
import type { Asset } from '@/shared/api/types';
import { originalUrl } from '@/shared/assets/original';
import { formatCount } from '@/shared/format/format';
import type { SelectionOf } from '../hooks/use-selection';
import { actionItems } from '../model/actions';
import classes from './action-bar.module.css';
import type { ListActions } from './asset-menu';

interface Props {
  selection: SelectionOf;
  actions: ListActions;
  onSelectAll: () => void;
}

/** Browsers ask whether a page may save several files, and hold more than these back. */
const downloadsMax = 20;

function saveAll(assets: Asset[]): void {
  assets.forEach((asset, index) => {
    // One after the other: of links that are clicked at once, browsers follow the last alone.
    setTimeout(() => {
      const link = document.createElement('a');
      link.href = originalUrl(asset) ?? '';
      link.download = '';
      document.body.append(link);
      link.click();
      link.remove();
    }, index * 400);
  });
}

/** What can be done with all that is selected. */
export function ActionBar({ selection, actions, onSelectAll }: Props) {
  const { assets } = selection;
  const items = actions.canEdit ? actionItems(assets) : [];
  const main = items.filter((item) => item.main);
  const others = items.filter((item) => !item.main);
  const saved = assets.filter(originalUrl);
  const canSave = actions.links && saved.length > 0 && saved.length === assets.length && saved.length <= downloadsMax;
  return (
    <div className={classes.bar} role="toolbar" aria-label="Selection">
      <ActionIcon size={34} aria-label="Clear the selection" onClick={selection.clear}>
        <X size={18} />
      </ActionIcon>
      <span className={`${classes.count} rv-tabular`} role="status">
        {formatCount(assets.length, 'selected', 'selected')}
      </span>
      <ActionIcon size={34} aria-label="Select all" title="Select all" onClick={onSelectAll}>
        <CheckCheck size={18} />
      </ActionIcon>
      <span className={classes.rule} aria-hidden />
      {canSave && <BarButton label="Download" icon={<Download size={17} />} onClick={() => saveAll(saved)} />}
      {actions.more?.map(({ label, icon: Icon, run }) => (
        <BarButton key={label} label={label} icon={<Icon size={17} />} onClick={() => run(assets)} />
      ))}
      {main.map(({ kind, label, icon: Icon, danger }) => (
        <BarButton
          key={kind}
          label={label}
          danger={danger}
          icon={<Icon size={17} />}
          onClick={() => actions.start(kind, assets)}
        />
      ))}
      {others.length > 0 && (
        <Menu position="top-end" width={210}>
          <Menu.Target>
            <ActionIcon size={34} aria-label="More actions with the selection">
              <Ellipsis size={18} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            {others.map(({ kind, label, icon: Icon }) => (
              <Menu.Item key={kind} leftSection={<Icon size={16} />} onClick={() => actions.start(kind, assets)}>
                {label}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
    </div>
  );
}

interface ButtonProps {
  label: string;
  icon: React.ReactNode;
  danger?: boolean;
  onClick: () => void;
}

function BarButton({ label, icon, danger = false, onClick }: ButtonProps) {
  const color = danger ? 'red' : 'gray';
  return (
    <>
      <Button
        className={classes.wide}
        size="compact-md"
        fz={13.5}
        variant="subtle"
        color={color}
        c={danger ? undefined : 'var(--rv-text)'}
        leftSection={icon}
        onClick={onClick}
      >
        {label}
      </Button>
      <ActionIcon className={classes.narrow} size={38} color={color} aria-label={label} onClick={onClick}>
        {icon}
      </ActionIcon>
    </>
  );
}
