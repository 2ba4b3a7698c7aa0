import { Tabs } from '@mantine/core';
import type { ReactNode } from 'react';
import type { AssetDetail } from '@/shared/api/types';
import { AccessPanel } from './access-panel';
import { ActivityPanel } from './activity-panel';
import { HistoryPanel } from './history-panel';
import { InfoPanel } from './info-panel';
import classes from './side-panel.module.css';
import { VersionsPanel } from './versions-panel';

interface Props {
  detail: AssetDetail;
  canEdit: boolean;
  /** Finds people whose access is to be explained, where one may. */
  finder?: (choose: (userId: string) => void) => ReactNode;
  /** Everybody who was given access; of another feature. */
  grants: ReactNode;
}

export function SidePanel({ detail, canEdit, finder, grants }: Props) {
  const failed = detail.processing.some((step) => step.status === 'Failed');
  return (
    <Tabs
      defaultValue="info"
      keepMounted={false}
      classNames={{ root: classes.root, list: classes.list, panel: classes.panel, tab: classes.tab }}
    >
      <Tabs.List>
        <Tabs.Tab value="info">Info</Tabs.Tab>
        <Tabs.Tab value="activity" rightSection={failed && <span className={classes.alert} title="A step failed" />}>
          Activity
        </Tabs.Tab>
        <Tabs.Tab value="versions">Versions{detail.versions.length > 1 ? ` ${detail.versions.length}` : ''}</Tabs.Tab>
        <Tabs.Tab value="history">History</Tabs.Tab>
        {detail.permissions.manage && <Tabs.Tab value="access">Access</Tabs.Tab>}
      </Tabs.List>
      <Tabs.Panel value="info">
        <InfoPanel detail={detail} canEdit={canEdit} />
      </Tabs.Panel>
      <Tabs.Panel value="activity">
        <ActivityPanel detail={detail} />
      </Tabs.Panel>
      <Tabs.Panel value="versions">
        <VersionsPanel detail={detail} canEdit={canEdit} />
      </Tabs.Panel>
      <Tabs.Panel value="history">
        <HistoryPanel detail={detail} />
      </Tabs.Panel>
      <Tabs.Panel value="access">
        <AccessPanel detail={detail} finder={finder}>
          {grants}
        </AccessPanel>
      </Tabs.Panel>
    </Tabs>
  );
}
