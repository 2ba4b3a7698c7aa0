interface Props {
  size?: number;
}

export function Logo({ size = 28 }: Props) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden focusable="false">
      <rect width="32" height="32" rx="8" fill="#5b63e6" />
      <circle cx="16" cy="16" r="9" fill="none" stroke="#fff" strokeWidth="2.4" />
      <path d="M13.6 11.9v8.2c0 .5.6.8 1 .5l6-4.1c.4-.2.4-.8 0-1l-6-4.1c-.4-.3-1 0-1 .5z" fill="#fff" />
    </svg>
  );
}
