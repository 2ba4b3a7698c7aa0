import { describe, expect, it } from 'vitest';
import { addressOf, criteriaFrom, requestOf, toggled, beginningOf, queryOfName, withBeginning } from './criteria';

const address = 'q=low+tide&in=f1&kind=video&kind=audio&tag=rushes&year=2024&year=2026&f.scene=12A&sort=-size';

describe('search criteria', () => {
  it('survive the address', () => {
    const criteria = criteriaFrom(new URLSearchParams(address));
    expect(criteria).toEqual({
      query: 'low tide',
      folderId: 'f1',
      sort: '-size',
      chosen: {
        mediaType: ['video', 'audio'],
        tags: ['rushes'],
        createdAt: ['2024', '2026'],
        'customFields.scene': ['12A'],
      },
    });
    expect(criteriaFrom(addressOf(criteria))).toEqual(criteria);
  });

  it('ignore what they do not know', () => {
    expect(criteriaFrom(new URLSearchParams('sort=sideways&x=1'))).toEqual({
      query: '',
      folderId: null,
      sort: 'relevance',
      chosen: {},
    });
  });

  it('become a request', () => {
    const request = requestOf(criteriaFrom(new URLSearchParams(`${address}&status=8&f.done=true`)), [
      { name: 'scene', type: 'choice' },
      { name: 'done', type: 'boolean' },
    ]);
    expect(request.filters).toEqual({
      mediaType: ['video', 'audio'],
      tags: ['rushes'],
      assetStatus: [8],
      createdAt: { from: '2024-01-01T00:00:00.000Z', until: '2027-01-01T00:00:00.000Z' },
      customFields: { scene: ['12A'], done: [true] },
      parentId: 'f1',
    });
    expect(request.facets).toContain('customFields.scene');
  });

  it('are chosen and taken back', () => {
    const once = toggled(criteriaFrom(new URLSearchParams()), 'tags', 'a');
    expect(once.chosen).toEqual({ tags: ['a'] });
    expect(toggled(once, 'tags', 'a').chosen).toEqual({});
  });
});

describe('what is typed', () => {
  it('means what begins so, unless it has signs', () => {
    expect(['harb', 'low ti', 'IMG_12', 'Take (1)', '東京'].map(withBeginning)).toEqual([
      'harb*',
      'low ti*',
      'IMG_12*',
      'Take (1*',
      '東京*',
    ]);
    for (const query of ['"low tide"', 'har* bour', 'tide -interview', '?', ''])
      expect(withBeginning(query)).toBe(query);
    expect(beginningOf(' harb ')).toBe('harb');
    expect(beginningOf('tide -inter')).toBe('');
  });

  it('finds a file by its name, whatever signs are in that', () => {
    expect(queryOfName('take 2 - final.mov')).toBe('take 2 - final.mov');
    expect(queryOfName('cut -final.mov')).toBe('"cut -final.mov"');
    expect(queryOfName('the "best" take.mov')).toBe('"the  best  take.mov"');
  });
});
