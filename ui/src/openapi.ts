import { ask, succeeded } from './api.js';

/** As much of JSON Schema as the server's document uses. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly description?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly examples?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly 'x-group'?: string;
}

export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  /** A body that runs. */
  readonly example: Readonly<Record<string, unknown>>;
  readonly schema: Schema;
}

interface Document {
  readonly paths: {
    readonly '/api/v1': {
      readonly post: {
        readonly requestBody: {
          readonly content: {
            readonly 'application/json': {
              readonly schema: { readonly discriminator: { readonly mapping: Readonly<Record<string, string>> } };
              readonly examples: Readonly<
                Record<
                  string,
                  { readonly summary: string; readonly description?: string; readonly value: Command['example'] }
                >
              >;
            };
          };
        };
      };
    };
  };
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** The commands of this server, as it describes them itself. */
export async function readCommands(signal?: AbortSignal): Promise<readonly Command[]> {
  const response = await succeeded(await ask('/openapi.json', signal ? { signal } : {}));
  return commandsOf(await response.json());
}

export function commandsOf(document: Document): readonly Command[] {
  const { schema, examples } = document.paths['/api/v1'].post.requestBody.content['application/json'];
  return Object.entries(schema.discriminator.mapping).map(([name, ref]) => ({
    name,
    summary: examples[name]?.summary ?? '',
    description: examples[name]?.description ?? '',
    example: examples[name]?.value ?? { cmd: name },
    schema: document.components.schemas[ref.slice(ref.lastIndexOf('/') + 1)] ?? {},
  }));
}
