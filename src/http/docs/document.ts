import type { Schema } from './fields.js';

export interface Example {
  readonly summary?: string;
  readonly description?: string;
  readonly value: Readonly<Record<string, unknown>>;
}
export interface Content {
  readonly schema?: Schema;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, Example>>;
}
export interface Operation {
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly requestBody?: { readonly content: Readonly<Record<string, Content>> };
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Readonly<Record<string, Content>> }>
  >;
}
type PathItem = Readonly<Partial<Record<'get' | 'post', Operation>>>;

/** This server's OpenAPI document, as far as the page reads it. */
export interface ReferenceDocument {
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** `sessions.create` → `SessionsCreate`, the name of its schema. */
export const schemaNameOfCommand = (name: string): string => name.split('.').map(capitalised).join('');

export const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
