"""A caller of the HDInsight Kafka REST API: token by MSAL, create, wait for the list, produce six records, consume, describe.

usage: hdinsight_client.py ENDPOINT AUTHORITY CLIENT_ID [--topic PREFIX] [--poll SECONDS] [--rounds N | --minutes M]
The client's secret is read from the variable CLIENT_SECRET, the CA of both servers from REQUESTS_CA_BUNDLE.
Every call has ten seconds, as HDInsight's callers give it. Prints what it did; exit code 0 when each round read back its
six records, else 1.
"""
import argparse
import os
import random
import string
import sys
import time

import msal
import requests

SCOPE = 'https://hib.azurehdinsight.net/.default'
TIMEOUT = 10
PROPERTIES = {'retention.ms': 604800000, 'min.insync.replicas': '1'}
VALUES = ['**********', 5, 3.14, {'id': 1, 'name': 'caf\u00e9'}, [{'id': 1}, {'id': 2}], {'a name': {'inner name': [1, None, True]}}]


class Failed(Exception):
    pass


class Caller:
    def __init__(self, options):
        self.endpoint = options.endpoint.rstrip('/')
        known = options.authority.startswith('https://login.microsoftonline.com/')
        self.application = msal.ConfidentialClientApplication(
            options.client_id,
            authority=options.authority,
            client_credential=os.environ['CLIENT_SECRET'],
            # Only hosts that Microsoft knows are looked up with Microsoft.
            instance_discovery=None if known else False,
        )
        self.tokens = set()
        self.calls = 0

    def headers(self):
        result = self.application.acquire_token_for_client(scopes=[SCOPE])
        if 'access_token' not in result:
            raise Failed('no token: %s %s' % (result.get('error'), result.get('error_description')))
        self.tokens.add(result['access_token'])
        return {'Authorization': 'Bearer ' + result['access_token'], 'Content-type': 'application/json'}

    def call(self, method, path, body=None):
        self.calls += 1
        answer = requests.request(method, self.endpoint + '/v1' + path, json=body, headers=self.headers(), timeout=TIMEOUT)
        if answer.status_code != 200:
            raise Failed('%s %s: %d %s' % (method, path, answer.status_code, answer.text))
        return answer


def one_round(caller, options, say):
    topic = options.topic + ''.join(random.choices(string.ascii_letters, k=7))
    caller.call('PUT', '/topics/' + topic, {'partition_count': 1, 'replication_factor': 1, 'topic_properties': PROPERTIES})
    say('created ' + topic)
    until = time.monotonic() + 30
    while topic not in caller.call('GET', '/metadata/topics').json()['topics']:
        if time.monotonic() > until:
            raise Failed('the topic is not in the list after 30 s')
        time.sleep(options.poll)
    say('listed')
    records = [{'value': value} for value in VALUES]
    records[0]['key'] = 'key1'
    records[1]['partition'] = 0
    say('produced: %s' % caller.call('POST', '/producer/topics/' + topic, {'records': records}).text)
    read, offset, consumed = [], '0', 0
    while True:
        answer = caller.call('GET', '/consumer/topics/%s/partitions/0/offsets/%s?count=2' % (topic, offset))
        consumed += 1
        found = answer.json()['records']
        read += found
        for record in found:
            say('record %d: %r %r' % (record['offset'], record['key'], record['value']))
        following = answer.headers['NextOffset']
        if not found or following == offset:
            break
        offset = following
    say('%d consume calls, %d records' % (consumed, len(read)))
    partitions = caller.call('GET', '/metadata/topics/%s/partitions' % topic).json()
    one = caller.call('GET', '/metadata/topics/%s/partitions/0' % topic).json()
    say('partition 0 holds offsets %d to %d' % (one['earliest_offset'], one['latest_offset']))
    if len(read) != len(VALUES) or consumed != 4 or partitions['partitions'][0] != one or read[0]['key'] != 'key1':
        raise Failed('not what was written: %r' % read)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('endpoint')
    parser.add_argument('authority')
    parser.add_argument('client_id')
    parser.add_argument('--topic', default='hello_topic_')
    parser.add_argument('--poll', type=float, default=1)
    parser.add_argument('--rounds', type=int, default=1)
    parser.add_argument('--minutes', type=float)
    options = parser.parse_args()
    try:
        caller = Caller(options)
        began = time.monotonic()
        rounds = failed = 0
        while (time.monotonic() - began < options.minutes * 60) if options.minutes else (rounds < options.rounds):
            rounds += 1
            try:
                one_round(caller, options, print if options.minutes is None else lambda line: None)
            except (Failed, requests.RequestException) as problem:
                failed += 1
                print('round %d: %s' % (rounds, problem), flush=True)
                if options.minutes is None:
                    break
            if options.minutes and rounds % 50 == 0:
                print('%.0f s: %d rounds, %d failed, %d tokens' % (time.monotonic() - began, rounds, failed, len(caller.tokens)), flush=True)
        print('rounds=%d failed=%d calls=%d tokens=%d' % (rounds, failed, caller.calls, len(caller.tokens)))
        return 0 if failed == 0 else 1
    except Failed as problem:
        print(problem)
        return 1


if __name__ == '__main__':
    sys.exit(main())
