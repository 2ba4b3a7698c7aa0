import { describe, expect, it, vi } from 'vitest';
import type { Upload, UploadPart } from '@/shared/api/types';
import { PartBook } from './part-book';

const now = Date.parse('2026-01-01T12:00:00Z');
const part = (partNumber: number, more: Partial<UploadPart> = {}): UploadPart => ({
  id: `p${partNumber}`,
  partNumber,
  uploadUrl: `/part/${partNumber}`,
  offset: 0,
  length: 5,
  expiresAt: '2026-01-01T13:00:00.000Z',
  isCompleted: false,
  etag: null,
  ...more,
});
const upload = (parts: UploadPart[]) => ({ id: 'u', parts }) as Upload;

describe('PartBook', () => {
  it('gives what it knows without asking', async () => {
    const reload = vi.fn();
    const book = new PartBook(upload([part(1), part(2, { isCompleted: true })]), reload);
    expect((await book.part(1, now)).uploadUrl).toBe('/part/1');
    expect((await book.completed()).map((each) => each.partNumber)).toEqual([2]);
    expect(reload).not.toHaveBeenCalled();
  });

  it('asks for new addresses before the old ones end, once for all parts', async () => {
    const soon = { expiresAt: '2026-01-01T12:00:10.000Z' };
    const reload = vi.fn(async () => upload([part(1, { uploadUrl: '/new/1' }), part(2, { uploadUrl: '/new/2' })]));
    const book = new PartBook(upload([part(1, soon), part(2, soon)]), reload);
    const parts = await Promise.all([book.part(1, now), book.part(2, now)]);
    expect(parts.map((each) => each.uploadUrl)).toEqual(['/new/1', '/new/2']);
    expect(reload).toHaveBeenCalledTimes(1);
  });

  it('asks for a part that it was not told of', async () => {
    const book = new PartBook(upload([part(1)]), async () => upload([part(2)]));
    expect((await book.part(2, now)).id).toBe('p2');
    await expect(book.part(3, now)).rejects.toThrow(/no part 3/);
  });

  it('asks what the server has when in doubt', async () => {
    const reload = vi.fn(async () => upload([part(1, { isCompleted: true })]));
    const book = new PartBook(upload([part(1), part(2)]), reload);
    book.confirmed(2);
    book.doubt();
    expect((await book.completed()).map((each) => each.partNumber)).toEqual([1, 2]);
    await book.completed();
    expect(reload).toHaveBeenCalledTimes(1);
    expect(book.isConfirmed(1)).toBe(true);
  });

  it('can be asked again after the server could not be reached', async () => {
    const reload = vi
      .fn()
      .mockRejectedValueOnce(new TypeError('fetch'))
      .mockResolvedValueOnce(upload([part(1)]));
    const book = new PartBook(upload([]), reload);
    await expect(book.part(1, now)).rejects.toThrow('fetch');
    expect((await book.part(1, now)).id).toBe('p1');
  });
});
