/** Makes the folders that dropped files were in, each once, and finds those that are there. */
import { ApiError } from '@/shared/api/problem';

export interface FolderMaker {
  create: (parentId: string, name: string) => Promise<{ id: string }>;
  find: (parentId: string, name: string) => Promise<{ id: string } | undefined>;
}

async function createOrFind(maker: FolderMaker, parentId: string, name: string): Promise<string> {
  try {
    return (await maker.create(parentId, name)).id;
  } catch (error) {
    if (!(error instanceof ApiError && error.is('name-taken'))) throw error;
    const there = await maker.find(parentId, name);
    // The name is taken by something that is not a folder.
    if (!there) throw error;
    return there.id;
  }
}

export class FolderTree {
  private readonly made = new Map<string, Promise<string>>();

  constructor(
    private readonly rootId: string,
    private readonly maker: FolderMaker,
  ) {}

  idOf(folders: readonly string[]): Promise<string> {
    const name = folders[folders.length - 1];
    if (name === undefined) return Promise.resolve(this.rootId);
    const key = folders.join('/');
    let folder = this.made.get(key);
    if (!folder) {
      folder = this.idOf(folders.slice(0, -1)).then((parentId) => createOrFind(this.maker, parentId, name));
      this.made.set(key, folder);
    }
    return folder;
  }
}
