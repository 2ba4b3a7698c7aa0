import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

const iris: MantineColorsTuple = [
  '#eef0ff',
  '#dfe2fe',
  '#bcc2fa',
  '#979ff5',
  '#7a84f0',
  '#6670ee',
  '#5058de',
  '#4046c4',
  '#363ca6',
  '#2b3085',
];

const dark: MantineColorsTuple = [
  '#e4e7ee',
  '#b7bdca',
  '#949baa',
  '#666d7d',
  '#3a404d',
  '#2b303a',
  '#20242c',
  '#16191f',
  '#101216',
  '#0a0b0e',
];

export const theme = createTheme({
  colors: { iris, dark },
  primaryColor: 'iris',
  primaryShade: { light: 6, dark: 6 },
  autoContrast: true,
  fontFamily: "'Inter Variable', system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace",
  headings: { fontWeight: '600' },
  defaultRadius: 'md',
  cursorType: 'pointer',
  focusRing: 'auto',
  components: {
    Drawer: { defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } },
    Notification: { defaultProps: { closeButtonProps: { 'aria-label': 'Dismiss' } } },
    Tooltip: { defaultProps: { openDelay: 400, withArrow: false, fz: 'xs', px: 8, py: 4 } },
    // With a radius for buttons it would be round, and so look as if one alone could be chosen.
    Checkbox: { defaultProps: { radius: 4 } },
    Menu: {
      defaultProps: {
        shadow: 'lg',
        radius: 'md',
        transitionProps: { duration: 100, transition: 'pop' },
        // A long one would stick out of a small screen above or below where it belongs.
        middlewares: { flip: true, shift: { padding: 8, crossAxis: true } },
      },
      styles: { dropdown: { maxHeight: 'calc(100dvh - 16px)', overflowY: 'auto' } },
    },
    Modal: {
      defaultProps: {
        centered: true,
        closeButtonProps: { 'aria-label': 'Close' },
        radius: 'lg',
        overlayProps: { backgroundOpacity: 0.5, blur: 3 },
        transitionProps: { duration: 140 },
      },
      classNames: { title: 'rv-two-lines' },
      styles: { title: { fontWeight: 600, lineHeight: 1.35 } },
    },
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray' } },
    Button: { defaultProps: { fw: 550 } },
  },
});

/** Surfaces of this page, by what they are for and not by shade. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {
    '--rv-stage': '#08090b',
    '--rv-rail': '240px',
  },
  light: {
    '--rv-canvas': '#ffffff',
    '--rv-rail-bg': '#f7f8fa',
    '--rv-raised': '#ffffff',
    '--rv-sunken': '#f1f3f6',
    '--rv-hover': '#f1f3f7',
    '--rv-selected': '#eef0ff',
    '--rv-border': '#e4e7ec',
    '--rv-text': '#1a1d24',
    '--rv-muted': '#626a7a',
    '--rv-faint': '#5f6778',
    '--mantine-color-body': '#ffffff',
    '--mantine-color-text': '#1a1d24',
    '--mantine-color-dimmed': '#626a7a',
  },
  dark: {
    '--rv-canvas': '#121419',
    '--rv-rail-bg': '#0e1014',
    '--rv-raised': '#1a1d24',
    '--rv-sunken': '#0d0f13',
    '--rv-hover': '#1b1f27',
    '--rv-selected': '#20233d',
    '--rv-border': '#262a33',
    '--rv-text': '#e4e7ee',
    '--rv-muted': '#979eae',
    '--rv-faint': '#858d9e',
    '--mantine-color-body': '#121419',
    '--mantine-color-dimmed': '#979eae',
  },
});
