import {
  NEXT_CURSOR,
  TIME,
  anyObject,
  body,
  constant,
  flag,
  integer,
  listOf,
  named,
  nullable,
  object,
  optional,
  pageOf,
  recordOf,
  ref,
  text,
  type ValueOf,
} from './build.ts'
import { KEY, NAME, USER_ID } from './values.ts'

/** Of what a good is called, in characters. */
export const TITLE_LENGTH_MAX = 200

const GOOD_FIELDS = {
  id: ref(NAME),
  name: text('What players call it.', { minLength: 1, maxLength: TITLE_LENGTH_MAX }),
  price: integer('In the smallest unit of the currency.'),
  currency: ref(NAME),
  stock: nullable(integer('null: unlimited')),
  per_user_limit: nullable(integer('How many one player may ever buy; null: no limit.', 1)),
  // null: always
  sale_from: nullable(TIME),
  sale_until: nullable(integer('Unix time in milliseconds, later than sale_from.')),
}
export const GOOD = named('Good', object(GOOD_FIELDS))
export type Good = ValueOf<typeof GOOD>

export const GOOD_PAGE = named('GoodPage', pageOf(ref(GOOD)))

export const GOOD_BODY = named(
  'GoodBody',
  body(
    {
      ...GOOD_FIELDS,
      id: optional(GOOD_FIELDS.id),
      stock: optional(GOOD_FIELDS.stock),
      per_user_limit: optional(GOOD_FIELDS.per_user_limit),
      sale_from: optional(GOOD_FIELDS.sale_from),
      sale_until: optional(GOOD_FIELDS.sale_until),
    },
    { description: '`id`, where it is there, is the one in the path.' },
  ),
)

export const RESTOCK_BODY = named('RestockBody', body({ count: integer('So many more.', 1), idempotency_key: KEY }))

const AMOUNTS = recordOf(integer('Of each, by its id.'))

export const PLAYER = named(
  'Player',
  object({
    user_id: ref(USER_ID),
    // Per currency, in its smallest unit.
    balances: AMOUNTS,
    // Per good.
    inventory: AMOUNTS,
  }),
)

export const CREDIT_BODY = named(
  'CreditBody',
  body({
    currency: ref(NAME),
    amount: integer("In the currency's smallest unit.", 1),
    idempotency_key: KEY,
  }),
)

export const REFUND_BODY = named(
  'RefundBody',
  body({
    purchase_id: text('As on the receipt.'),
    restock: optional(flag('true: into the stock. So it is if absent.')),
    idempotency_key: KEY,
  }),
)

export const RECEIPT = named(
  'Receipt',
  object({
    purchase_id: text('Its place in the ledger.'),
    user_id: ref(USER_ID),
    good_id: ref(NAME),
    count: integer('How many.', 1),
    unit_price: integer('Of one.'),
    total: integer('Of all.'),
    currency: ref(NAME),
    balance: integer('What is left of that currency.'),
    stock_left: nullable(integer('null: unlimited')),
    committed_at: TIME,
    replayed: flag('This key was used for the same request before, and this is that receipt.'),
    signature: text(
      'base64url; Ed25519 over the JSON of all other fields but `replayed`, keys sorted, no white space.',
    ),
  }),
)
/** Proof of one purchase, signed by the server. Amounts are integers in the currency's smallest unit. */
export type Receipt = ValueOf<typeof RECEIPT>

export const RECEIPT_PAGE = named('ReceiptPage', pageOf(ref(RECEIPT)))

const PUBLIC_KEY_FIELDS = {
  public_key: text('PEM'),
  jwk: anyObject('A JSON Web Key'),
}
const PUBLIC_KEY = object(PUBLIC_KEY_FIELDS)
/** A key that receipts are verified with: PEM, and as a JSON Web Key. */
export type PublicReceiptKey = ValueOf<typeof PUBLIC_KEY>

export const RECEIPT_KEYS = named(
  'ReceiptKeys',
  object({ ...PUBLIC_KEY_FIELDS, algorithm: constant('Ed25519'), previous: listOf(PUBLIC_KEY) }),
)
/** The key in use, and those that were before it. */
export type ReceiptKeys = ValueOf<typeof RECEIPT_KEYS>

export const LEDGER_BEGINNING = named(
  'LedgerBeginning',
  object({
    batch: text('The last batch that was let go: all up to it are gone.'),
    batches: integer('How many batches were let go, in all.', 1),
    entries: integer('How many entries these had.', 1),
    let_go_at: TIME,
    signature: text('As of a receipt, over all other fields.'),
  }),
)
/** Where the ledger begins: RECEIPT_RETENTION has let go of what was before. */
export type LedgerBeginning = ValueOf<typeof LEDGER_BEGINNING>

export const LEDGER_PAGE = named(
  'LedgerPage',
  object({
    items: listOf(text('A line of the ledger, as it is stored.')),
    next_cursor: NEXT_CURSOR,
    beginning: nullable(ref(LEDGER_BEGINNING)),
  }),
)
/** Lines of the ledger, and where it begins; null: nothing was ever let go. */
export type LedgerPage = ValueOf<typeof LEDGER_PAGE>
