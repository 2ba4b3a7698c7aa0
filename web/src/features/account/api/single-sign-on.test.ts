import { describe, expect, it } from 'vitest';
import { explainFailure, signInAddress } from './single-sign-on';

describe('single sign-on', () => {
  it('comes back to the page that was wanted', () => {
    const address = new URL(signInAddress('/account/oidc/login', '/folder/1?sort=name'), 'https://here.example');
    expect(address.pathname).toBe('/account/oidc/login');
    expect(address.searchParams.get('returnTo')).toMatch(/\/folder\/1\?sort=name$/);
    const odd = new URL(signInAddress('/account/oidc/login', '/search?q=é b'), 'https://here.example');
    expect(odd.searchParams.get('returnTo')).toMatch(/\/search\?q=%C3%A9%20b$/);
  });

  it('has a sentence for every word, known or not', () => {
    expect(explainFailure(null)).toBeNull();
    expect(explainFailure('disabled')).toContain('administrator');
    expect(explainFailure('toString')).toBe(explainFailure('failed'));
    expect(explainFailure('failed')).toContain('Try again');
  });
});
