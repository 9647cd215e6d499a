"""Debian's python3-socketio as it is. The argument is a list of who plays; each thing that happens to one is a line of JSON.

python-socketio knows no recovery. After a loss it comes back by itself, as a new session; so a player joins again, and asks
GET /api/v1/events for what was said between the last event they heard and the offset in the join's reply.
"""

import asyncio
import functools
import json
import os
import sys
import threading
import time
import urllib.parse
import urllib.request

import socketio

BROADCAST = 'core.game.state.broadcast'
JOIN = 'core.game.room.join'
PATIENCE_S = 60
# An answer that python-socketio loses with its connection is waited for no longer than this.
ANSWER_S = 10
AGAIN_S = 1
TRANSPORTS = {'websocket': ['websocket'], 'polling': ['polling'], 'both': None}

writing = threading.Lock()


def tell(client, what, **more):
    with writing:
        print(json.dumps({'client': client, 'is': what, **more}), flush=True)


def patient(sio):
    """Reconnects give a connection a second to begin, then cut it, and have no setting for that: too little for a busy machine."""
    sio.connect = functools.partial(sio.connect, wait_timeout=PATIENCE_S)
    return sio


class Player:
    """What the players of both of the library's clients have in common: the one of asyncio, and the one of threads."""

    def __init__(self, spec):
        self.spec = spec
        self.name = spec['client']
        self.has_joined = False
        self.heard_offset = 0
        self.connections = 0
        self.unanswered = (None, 0)
        self.connection = {
            'auth': {'token': spec['token']},
            'socketio_path': spec['path'],
            'transports': TRANSPORTS[spec['transport']],
        }

    def heard(self, event):
        """Has one argument, as the server promises to clients that do not recover."""
        self.heard_offset = max(self.heard_offset, event['offset'])
        self.tell_event(event, 'live')

    def refused(self, error):
        tell(self.name, 'error', text=json.dumps(error))

    def begin(self):
        """A connection began. Returns its number, and the offset behind which something may have been missed."""
        self.connections += 1
        return self.connections, self.heard_offset

    def not_answered(self, error, sid_then, sid_now):
        """python-socketio may end a connection itself, if it takes a second to begin. So only one that stays is at fault."""
        is_same = sid_then is not None and sid_then == sid_now
        sid, times = self.unanswered
        self.unanswered = (sid_then, times + 1 if is_same and sid == sid_then else 1)
        tell(self.name, 'error', text=f'{error!r} of a join, {"the same" if is_same else "another"} connection')
        if is_same and self.unanswered[1] * ANSWER_S >= PATIENCE_S:
            tell(self.name, 'fault', text=f'no answer to a join in {PATIENCE_S} s')

    def joined(self, after, reply):
        """After a join. What was missed lies behind `after`, the last event before the join, and not behind the join."""
        if not reply['success']:
            tell(self.name, 'fault', text=f'not joined: {reply}')
            return
        offset = reply['data']['offset']
        if self.has_joined:
            for event in self.missed(after, offset):
                self.tell_event(event, 'fetched')
        tell(self.name, 'back' if self.has_joined else 'joined')
        self.has_joined = True
        self.heard_offset = max(self.heard_offset, offset)

    def missed(self, after, up_to):
        since = after
        while since < up_to:
            page = self.ask_events(since)
            for event in page['items']:
                if event.get('room') == self.spec['room'] and event['offset'] <= up_to:
                    yield event
            if page['next_cursor'] is None:
                return
            since = int(page['next_cursor'])

    def ask_events(self, since):
        query = urllib.parse.urlencode({'type': BROADCAST, 'since': since})
        headers = {'Authorization': f'Bearer {self.spec["adminToken"]}'}
        request = urllib.request.Request(f'{self.spec["eventsUrl"]}?{query}', headers=headers)
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return json.load(answer)

    def tell_event(self, event, how):
        tell(self.name, 'event', n=event['payload']['message']['n'], offset=event['offset'], how=how)


async def play_in_asyncio(spec):
    player = Player(spec)
    sio = patient(socketio.AsyncClient())

    async def join():
        connection, after = player.begin()
        while connection == player.connections:
            sid = sio.sid
            try:
                reply = await sio.call(JOIN, {'room_id': spec['room']}, timeout=ANSWER_S)
                await asyncio.to_thread(player.joined, after, reply)
                return
            except Exception as error:
                player.not_answered(error, sid, sio.sid)
                await asyncio.sleep(AGAIN_S)

    async def connected():
        # In a task of its own: python-socketio counts as connected when this is done, and gives itself a second for that.
        sio.start_background_task(join)

    sio.on(BROADCAST, player.heard)
    sio.on('error', player.refused)
    sio.on('connect', connected)
    await sio.connect(spec['url'], **player.connection)
    # Not sio.wait(), which may end with a reconnect.
    await asyncio.Event().wait()


def play_in_threads(spec):
    player = Player(spec)
    sio = patient(socketio.Client())

    def join():
        connection, after = player.begin()
        while connection == player.connections:
            sid = sio.sid
            try:
                player.joined(after, sio.call(JOIN, {'room_id': spec['room']}, timeout=ANSWER_S))
                return
            except Exception as error:
                player.not_answered(error, sid, sio.sid)
                time.sleep(AGAIN_S)

    def connected():
        sio.start_background_task(join)

    sio.on(BROADCAST, player.heard)
    sio.on('error', player.refused)
    sio.on('connect', connected)
    sio.connect(spec['url'], **player.connection)
    threading.Event().wait()


async def play_all_in_asyncio(specs):
    await asyncio.gather(*(play_in_asyncio(spec) for spec in specs))


def main():
    specs = json.loads(sys.argv[1])
    in_asyncio = [spec for spec in specs if spec['library'] == 'asyncio']
    threading.Thread(target=lambda: asyncio.run(play_all_in_asyncio(in_asyncio)), daemon=True).start()
    for spec in specs:
        if spec['library'] == 'threads':
            threading.Thread(target=play_in_threads, args=(spec,), daemon=True).start()
    # Its end is the end of the proof.
    sys.stdin.read()
    os._exit(0)


main()
