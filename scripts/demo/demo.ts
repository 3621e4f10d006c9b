export async function fillWithDemo(_url: string, _dataFolder: string): Promise<void> {}
