import { describe, expect, it } from 'vitest';
import { hopeful, type Fault } from './picture-faults';

describe('the address of a picture', () => {
  const faults = (...known: [string, Fault][]) => new Map(known);

  it('is the best that there is', () => {
    expect(hopeful([null, undefined, '/b', '/c'], faults())).toBe('/b');
    expect(hopeful([null, ''], faults())).toBeUndefined();
  });

  it('is the next one while the best is asked for anew, and the best once more then', () => {
    expect(hopeful(['/a', '/b'], faults(['/a', 'asked']))).toBe('/b');
    expect(hopeful(['/a', '/b'], faults(['/a', 'again']))).toBe('/a');
    expect(hopeful(['/a', '/b'], faults(['/a', 'gone']))).toBe('/b');
    expect(hopeful(['/a'], faults(['/a', 'gone']))).toBeUndefined();
  });

  it('is a new one whatever became of the old', () => {
    expect(hopeful(['/a2'], faults(['/a', 'gone']))).toBe('/a2');
  });
});
