import { expect, it, vi } from 'vitest';
import { ApiError } from '@/shared/api/problem';
import { FolderTree, type FolderMaker } from './folders';

const taken = new ApiError({ status: 409, type: 'name-taken', title: 'Taken' });
const maker = (there: Record<string, string> = {}) => {
  const create = vi.fn(async (parentId: string, name: string) => {
    if (there[`${parentId}/${name}`]) throw taken;
    return { id: `${parentId}/${name}` };
  });
  const find = vi.fn(async (parentId: string, name: string) => {
    const id = there[`${parentId}/${name}`];
    return id && id !== 'file' ? { id } : undefined;
  });
  return { create, find } satisfies FolderMaker;
};

it('makes each folder once, parents first, however many files ask at once', async () => {
  const made = maker();
  const tree = new FolderTree('root', made);
  const ids = await Promise.all([tree.idOf(['a', 'b']), tree.idOf(['a', 'b']), tree.idOf(['a', 'c']), tree.idOf([])]);
  expect(ids).toEqual(['root/a/b', 'root/a/b', 'root/a/c', 'root']);
  expect(made.create.mock.calls).toEqual([
    ['root', 'a'],
    ['root/a', 'b'],
    ['root/a', 'c'],
  ]);
});

it('uses folders that are there', async () => {
  const tree = new FolderTree('root', maker({ 'root/a': 'old' }));
  expect(await tree.idOf(['a', 'b'])).toBe('old/b');
});

it('fails where a file has the name', async () => {
  const tree = new FolderTree('root', maker({ 'root/a': 'file' }));
  await expect(tree.idOf(['a', 'b'])).rejects.toBe(taken);
});
