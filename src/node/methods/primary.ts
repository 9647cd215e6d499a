import type { Handlers } from '../../link/link.ts'
import type { PrimaryMethods } from '../../link/methods/primary.ts'
import type { Node } from '../node.ts'
import { eventMethods } from './events.ts'
import { gameMethods } from './games.ts'
import { operationMethods } from './operations.ts'
import { passedOnMethods } from './passed-on.ts'
import { relayMethods } from './relay.ts'
import { roomMethods } from './rooms.ts'
import { sessionMethods } from './session.ts'
import { shopMethods } from './shop.ts'

export function primaryMethods(node: Node, worker: number): Omit<Handlers<PrimaryMethods>, 'listening'> {
  const { context, workers } = node
  return {
    ...sessionMethods(context, worker),
    ...roomMethods(context),
    ...gameMethods(context),
    ...eventMethods(context),
    ...shopMethods(context),
    ...operationMethods(node),
    ...passedOnMethods(workers, worker),
    ...relayMethods(workers, worker),
  }
}
