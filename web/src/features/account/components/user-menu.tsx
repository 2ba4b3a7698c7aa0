import { Avatar, Menu, SegmentedControl, Text, UnstyledButton, useMantineColorScheme } from '@mantine/core';
import { BookOpen, ChevronsUpDown, KeyRound, LockKeyhole, LogOut, Monitor, Moon, Sun } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-router-dom';
import type { User } from '@/shared/api/types';
import { useSignOut } from '../hooks/use-session';
import { PasswordDialog } from './password-dialog';
import classes from './user-menu.module.css';

const schemes = [
  { value: 'auto', icon: Monitor, label: 'As the system' },
  { value: 'light', icon: Sun, label: 'Light' },
  { value: 'dark', icon: Moon, label: 'Dark' },
] as const;

export function UserMenu({ user }: { user: User }) {
  const signOut = useSignOut();
  const [changing, setChanging] = useState(false);
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const name = user.displayName || user.username;
  return (
    <>
      {/* Not growing: what is chosen would be marked where it was while it grew. */}
      <Menu width={228} position="top-start" offset={6} transitionProps={{ transition: 'fade', duration: 100 }}>
        <Menu.Target>
          <UnstyledButton className={classes.button}>
            <Avatar size={28} radius="xl" color="iris" name={name} variant="filled" alt="" aria-hidden />
            <span className="rv-visually-hidden">Account of</span>
            <span className={classes.name}>
              <Text size="sm" fw={550} truncate>
                {name}
              </Text>
              <Text size="xs" c="dimmed" tt="capitalize">
                {user.role}
              </Text>
            </span>
            <ChevronsUpDown size={15} className={classes.chevron} aria-hidden />
          </UnstyledButton>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>Appearance</Menu.Label>
          <SegmentedControl
            className={classes.scheme}
            fullWidth
            size="xs"
            aria-label="Appearance"
            value={colorScheme}
            onChange={(value) => setColorScheme(value as (typeof schemes)[number]['value'])}
            data={schemes.map(({ value, icon: Icon, label }) => ({
              value,
              label: (
                <span className={classes.schemeOption} title={label}>
                  <Icon size={15} aria-hidden />
                  <span className="rv-visually-hidden">{label}</span>
                </span>
              ),
            }))}
          />
          <Menu.Divider />
          {user.hasPassword && (
            <Menu.Item leftSection={<LockKeyhole size={16} />} onClick={() => setChanging(true)}>
              Change password…
            </Menu.Item>
          )}
          <Menu.Item component={Link} to="/api-keys" leftSection={<KeyRound size={16} />}>
            API keys
          </Menu.Item>
          <Menu.Item component="a" href="/docs" target="_blank" leftSection={<BookOpen size={16} />}>
            API documentation
          </Menu.Item>
          <Menu.Item leftSection={<LogOut size={16} />} onClick={() => signOut.mutate()}>
            Sign out
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {changing && <PasswordDialog onClose={() => setChanging(false)} />}
    </>
  );
}
