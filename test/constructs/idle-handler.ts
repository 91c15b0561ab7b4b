export const handler = async (): Promise<{ readonly done: boolean }> => ({ done: true });
