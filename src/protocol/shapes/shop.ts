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

/** The longest name of a good, in characters. */
export const TITLE_LENGTH_MAX = 200

const GOOD_FIELDS = {
  id: ref(NAME),
  name: text('The name that players see.', { minLength: 1, maxLength: TITLE_LENGTH_MAX }),
  price: integer('The price of one piece, in the smallest unit of the currency.'),
  currency: ref(NAME),
  stock: nullable(integer('How many are left in stock; null: unlimited.')),
  per_user_limit: nullable(integer('How many pieces one player may ever buy; null: no limit.', 1)),
  // null: from the beginning
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
    { description: 'If `id` is given, it is the one in the path.' },
  ),
)

export const RESTOCK_BODY = named(
  'RestockBody',
  body({ count: integer('How many are added to the stock.', 1), idempotency_key: KEY }),
)

const AMOUNTS = recordOf(integer('Amounts by id.'))

export const PLAYER = named(
  'Player',
  object({
    user_id: ref(USER_ID),
    // By currency, in its smallest unit.
    balances: AMOUNTS,
    // By good.
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
    purchase_id: text('The id on the receipt.'),
    restock: optional(flag('true, or absent: the goods go back into the stock.')),
    idempotency_key: KEY,
  }),
)

export const RECEIPT = named(
  'Receipt',
  object({
    purchase_id: text("The purchase's place in the ledger."),
    user_id: ref(USER_ID),
    good_id: ref(NAME),
    count: integer('How many pieces were bought.', 1),
    unit_price: integer('The price of one piece.'),
    total: integer('The price of all pieces.'),
    currency: ref(NAME),
    balance: integer('How much of that currency the player has left.'),
    stock_left: nullable(integer('How many are left in stock; null: unlimited.')),
    committed_at: TIME,
    replayed: flag('true: this key was used before for the same request, and this is the receipt of that time.'),
    signature: text(
      'base64url. Ed25519 over the JSON of all other fields except `replayed`, with sorted keys and no white space.',
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
/** A key to verify receipts with, as PEM and as a JSON Web Key. */
export type PublicReceiptKey = ValueOf<typeof PUBLIC_KEY>

export const RECEIPT_KEYS = named(
  'ReceiptKeys',
  object({ ...PUBLIC_KEY_FIELDS, algorithm: constant('Ed25519'), previous: listOf(PUBLIC_KEY) }),
)
/** The current key, and the former ones. */
export type ReceiptKeys = ValueOf<typeof RECEIPT_KEYS>

export const LEDGER_BEGINNING = named(
  'LedgerBeginning',
  object({
    batch: text('The last batch that was deleted. No batch up to it is left.'),
    batches: integer('How many batches were deleted in all.', 1),
    entries: integer('How many entries they had.', 1),
    let_go_at: TIME,
    signature: text("The signature over all other fields, made like a receipt's."),
  }),
)
/** Where the ledger begins now. RECEIPT_RETENTION has deleted what was before. */
export type LedgerBeginning = ValueOf<typeof LEDGER_BEGINNING>

export const LEDGER_PAGE = named(
  'LedgerPage',
  object({
    items: listOf(text('A line of the ledger, as it is stored.')),
    next_cursor: NEXT_CURSOR,
    beginning: nullable(ref(LEDGER_BEGINNING)),
  }),
)
/** Lines of the ledger, and where it begins: null if nothing was ever deleted. */
export type LedgerPage = ValueOf<typeof LEDGER_PAGE>
