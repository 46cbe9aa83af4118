import { actionList } from '../actions.js';
import { defineFields } from './define-fields.js';
import { flag, optional, optionalFilled } from './scalars.js';

/** What is done on the page as a person does it. */
export const actingFields = defineFields('actions', {
  browserActions: {
    schema: optionalFilled(actionList()).describe(
      'What to do on the page, in order. One that fails ends the request with its code and its place.',
    ),
    needs: ['page'],
  },
  mouseMovements: {
    schema: optional(flag()).describe('Move the cursor about the page as a reader does, before the actions.'),
    needs: ['document'],
  },
  forceMouseMovement: {
    schema: optional(flag()).describe('The same as `mouseMovements`.'),
    needs: ['document'],
  },
});
