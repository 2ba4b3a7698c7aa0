import { Tabs } from '@mantine/core';
import type { AssetDetail } from '@/shared/api/types';
import { ActivityPanel } from './activity-panel';
import { InfoPanel } from './info-panel';
import classes from './side-panel.module.css';
import { VersionsPanel } from './versions-panel';

export function SidePanel({ detail }: { detail: AssetDetail }) {
  const failed = detail.processing.some((step) => step.status === 'Failed');
  return (
    <Tabs
      defaultValue="info"
      keepMounted={false}
      classNames={{ root: classes.root, list: classes.list, panel: classes.panel }}
    >
      <Tabs.List>
        <Tabs.Tab value="info">Info</Tabs.Tab>
        <Tabs.Tab value="activity" rightSection={failed && <span className={classes.alert} title="A step failed" />}>
          Activity
        </Tabs.Tab>
        <Tabs.Tab value="versions">Versions{detail.versions.length > 1 ? ` ${detail.versions.length}` : ''}</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="info">
        <InfoPanel detail={detail} />
      </Tabs.Panel>
      <Tabs.Panel value="activity">
        <ActivityPanel detail={detail} />
      </Tabs.Panel>
      <Tabs.Panel value="versions">
        <VersionsPanel detail={detail} />
      </Tabs.Panel>
    </Tabs>
  );
}
