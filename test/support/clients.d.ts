/** The public client libraries ship no types; these are what their sources take and return. */
declare module 'scrappey' {
  export default class Scrappey {
    constructor(apiKey: string);
    baseUrl: string;
    // biome-ignore lint/suspicious/noExplicitAny: the library hands the reply on as it came
    createSession(options?: Record<string, unknown>): Promise<any>;
    // biome-ignore lint/suspicious/noExplicitAny: the library hands the reply on as it came
    destroySession(session: unknown): Promise<any>;
    // biome-ignore lint/suspicious/noExplicitAny: the library hands the reply on as it came
    getRequest(options: Record<string, unknown>): Promise<any>;
    // biome-ignore lint/suspicious/noExplicitAny: the library hands the reply on as it came
    postRequest(options: Record<string, unknown>): Promise<any>;
  }
}

declare module 'scrappey-wrapper' {
  export default class Scrappey {
    constructor(apiKey: string);
    baseUrl: string;
    // biome-ignore lint/suspicious/noExplicitAny: the library hands the reply on as it came
    createSession(options?: Record<string, unknown>): Promise<any>;
    // biome-ignore lint/suspicious/noExplicitAny: the library hands the reply on as it came
    destroySession(session: unknown): Promise<any>;
    // biome-ignore lint/suspicious/noExplicitAny: the library hands the reply on as it came
    get(options: Record<string, unknown>): Promise<any>;
    // biome-ignore lint/suspicious/noExplicitAny: the library hands the reply on as it came
    post(options: Record<string, unknown>): Promise<any>;
  }
}
