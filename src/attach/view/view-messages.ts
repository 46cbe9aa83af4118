import { z } from 'zod';
import type { LiveDialog, LiveFileChooser, LiveTab } from '../../engine/live-page.js';

/** Text that is pasted, and text that is copied. */
export const maxTextChars = 100_000;
const maxComposedChars = 1000;
const maxUrlChars = 8000;
const maxFiles = 20;
/** Pictures a second that a watcher may ask for. */
export const maxRate = 30;

const place = z.number().min(0).max(1);
const id = z.string().max(20);

/** What a watcher sends, besides the bytes of files. Places are parts of the picture's width and height. */
const messageSchema = z.discriminatedUnion('type', [
  /** Its window, in device pixels, and how many pictures a second it takes at most; 0: it does not look. */
  z.object({
    type: z.literal('window'),
    width: z.number().min(0).max(20_000),
    height: z.number().min(0).max(20_000),
    rate: z.number().min(0).max(maxRate),
  }),
  /** It has shown the last picture. */
  z.object({ type: z.literal('taken') }),
  z.object({ type: z.literal('take') }),
  z.object({ type: z.literal('give') }),
  z.object({
    type: z.literal('mouse'),
    action: z.enum(['move', 'down', 'up']),
    x: place,
    y: place,
    button: z.enum(['left', 'right']).default('left'),
    clicks: z.int().min(1).max(3).default(1),
  }),
  z.object({
    type: z.literal('wheel'),
    x: place,
    y: place,
    dx: z.number().min(-5000).max(5000),
    dy: z.number().min(-5000).max(5000),
  }),
  z.object({ type: z.literal('key'), action: z.enum(['down', 'up']), key: z.string().min(1).max(20) }),
  z.object({ type: z.literal('text'), text: z.string().max(maxTextChars) }),
  z.object({ type: z.literal('compose'), text: z.string().max(maxComposedChars) }),
  /** Asks for the selected text. */
  z.object({ type: z.literal('copy'), cut: z.boolean().default(false) }),
  z.object({ type: z.literal('go'), to: z.enum(['back', 'forward', 'reload']) }),
  z.object({ type: z.literal('address'), url: z.string().trim().min(1).max(maxUrlChars) }),
  z.object({ type: z.literal('tab'), tab: id, close: z.boolean().default(false) }),
  z.object({ type: z.literal('dialog'), id, accept: z.boolean(), text: z.string().max(maxTextChars).default('') }),
  /** Its bytes follow, file after file. No files: none are chosen. */
  z.object({
    type: z.literal('files'),
    id,
    files: z
      .array(z.object({ name: z.string().min(1).max(255), type: z.string().max(255), size: z.int().min(0) }))
      .max(maxFiles),
  }),
]);

export type WatcherMessage = z.infer<typeof messageSchema>;
/** What is done on the page. */
export type InputMessage = Exclude<WatcherMessage, { readonly type: 'window' | 'taken' | 'take' | 'give' }>;
export type FilesMessage = Extract<WatcherMessage, { readonly type: 'files' }>;

/** @returns nothing if it is no message of a watcher */
export function readMessage(text: string): WatcherMessage | undefined {
  try {
    const { data } = messageSchema.safeParse(JSON.parse(text));
    return data;
  } catch {
    return undefined;
  }
}

/** Who has control, as one watcher sees it. `waiting`: it gets it when the command that runs is over. */
export type ControlState = 'free' | 'waiting' | 'yours' | 'others';

/** How a session is shown. */
export interface ViewState {
  readonly type: 'state';
  readonly session: string;
  /** `blank`: it has no page yet. */
  readonly state: 'open' | 'blank' | 'asleep';
  readonly url: string;
  readonly tabs: readonly LiveTab[];
  readonly shownTab: string;
  readonly watchers: number;
  /** Whether it appears as a phone, which takes fingers. */
  readonly touch: boolean;
  readonly control: ControlState;
  /** Whether its link lets it take control. */
  readonly mayControl: boolean;
  readonly dialogs: readonly LiveDialog[];
  readonly choosers: readonly LiveFileChooser[];
}

/** What a watcher is told. A picture comes as its bytes, JPEG. */
export type ViewMessage =
  | ViewState
  /** A sentence for the person. */
  | { readonly type: 'notice'; readonly text: string }
  | { readonly type: 'copied'; readonly text: string }
  /** Its connection lives. It comes again within this time; if not, the connection is lost. */
  | { readonly type: 'alive'; readonly everyMs: number }
  /** Nothing more comes. */
  | { readonly type: 'over'; readonly text: string };
