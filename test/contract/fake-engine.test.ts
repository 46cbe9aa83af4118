import { FakeContext, FakeEngine, FakePage } from '../support/fake-engine.js';
import { describeEngine } from './engine-contract.js';

describeEngine('the fake of the tests', {
  runsScripts: false,
  create: async () => ({
    engine: new FakeEngine(),
    crashPage: async (page) => {
      if (page instanceof FakePage) page.crash();
    },
    crashBrowser: async (context) => {
      if (context instanceof FakeContext) context.crash();
    },
  }),
});
