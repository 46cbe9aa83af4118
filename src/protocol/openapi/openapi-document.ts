import { componentSchemas } from './component-schemas.js';
import { openApiPaths } from './paths.js';

/** The OpenAPI 3.1 document of this server: every command, told apart by `cmd`, with examples. */
export function openApiDocument(version: string) {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Mooring',
      version,
      description:
        'Browser sessions that you host yourself. Every command is a JSON object posted to one address; its `cmd` names ' +
        'it. A command that was understood answers 200, success or failure: look at `data`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'This server' }],
    tags: [
      { name: 'commands', description: 'The API.' },
      { name: 'dialect', description: 'For code that was written for FlareSolverr.' },
      { name: 'operation', description: 'For those who run this server.' },
      { name: 'reference', description: 'What it says of itself.' },
    ],
    paths: openApiPaths(),
    components: {
      schemas: componentSchemas(),
      securitySchemes: {
        queryKey: { type: 'apiKey', in: 'query', name: 'key' },
        bearer: { type: 'http', scheme: 'bearer' },
        headerKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
      },
    },
  };
}

export type OpenApiDocument = ReturnType<typeof openApiDocument>;
