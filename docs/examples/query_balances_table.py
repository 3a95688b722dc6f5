# Stored balances of one member by plain queries of the balances table; MX's guids come from the API, once.
#   pip install boto3
#   API=… CALLER=… BALANCES_TABLE=… python query_balances_table.py USER MEMBER
import base64
import json
import os
import sys
import urllib.request
from urllib.parse import quote

import boto3
from boto3.dynamodb.conditions import Key
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest


def credentials_for(url):
    """Headers for an API with basic callers, or without CALLER for one with iam callers."""
    if "CALLER" in os.environ:
        return {"Authorization": "Basic " + base64.b64encode(os.environ["CALLER"].encode()).decode()}
    session = boto3.Session()
    request = AWSRequest("GET", url)
    SigV4Auth(session.get_credentials(), "execute-api", session.region_name).add_auth(request)
    return dict(request.headers)


def guids_of(user, member):
    """MX's guids of a user and a member by your own ids. They never change: keep them beside your own ids."""
    url = f"{os.environ['API']}/users/{quote(user, safe='')}/members/{quote(member, safe='')}"
    with urllib.request.urlopen(urllib.request.Request(url, headers=credentials_for(url))) as answer:
        found = json.load(answer)["member"]
    return found["user_guid"], found["guid"]


def accounts_of(user_guid, member_guid):
    table = boto3.resource("dynamodb").Table(os.environ["BALANCES_TABLE"])
    wanted = Key("user_guid").eq(user_guid) & Key("account_key").begins_with(f"{member_guid}#")
    page = table.query(KeyConditionExpression=wanted)
    yield from page["Items"]
    while "LastEvaluatedKey" in page:
        page = table.query(KeyConditionExpression=wanted, ExclusiveStartKey=page["LastEvaluatedKey"])
        yield from page["Items"]


for account in accounts_of(*guids_of(*sys.argv[1:3])):
    # boto3 reads amounts as decimal.Decimal: they are exact.
    balance = account.get("balance")
    shown = "no balance" if balance is None else f"{balance:f} {account.get('currency_code') or ''}"
    print(f"{account.get('name')}: {shown}, observed at {account['observed_at']}")
