import { describe, expect, it } from 'vitest';
import { isUnloadedPart } from './unloaded-part';

describe('isUnloadedPart', () => {
  it.each([
    'Failed to fetch dynamically imported module: http://localhost/app/assets/asset-page.js',
    'error loading dynamically imported module: http://localhost/app/assets/asset-page.js',
    'Importing a module script failed.',
    'Unable to preload CSS for /app/assets/asset-page.css',
  ])('knows %s', (message) => {
    expect(isUnloadedPart(new TypeError(message))).toBe(true);
  });

  it('leaves faults of the page what they are', () => {
    expect(isUnloadedPart(new TypeError('x is not a function'))).toBe(false);
    expect(isUnloadedPart('Unable to preload CSS')).toBe(false);
  });
});
