export const permissions = [
  { value: 'read', label: 'may see' },
  { value: 'write', label: 'may change' },
  { value: 'manage', label: 'may manage' },
];
