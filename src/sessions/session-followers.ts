/** Those who follow what becomes of sessions. */
export class SessionFollowers {
  readonly #followers = new Map<string, Set<() => void>>();

  /** @returns what ends it */
  follow(key: string, onChange: () => void): Disposable {
    const follower = (): void => onChange();
    const followers = this.#followers.get(key) ?? new Set();
    this.#followers.set(key, followers.add(follower));
    return {
      [Symbol.dispose]: () => {
        followers.delete(follower);
        if (followers.size === 0 && this.#followers.get(key) === followers) this.#followers.delete(key);
      },
    };
  }

  tell(key: string): void {
    for (const follower of [...(this.#followers.get(key) ?? [])]) follower();
  }
}
