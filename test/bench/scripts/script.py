"""The same in Python, with what its standard library has. IMAP_PORT USER PASSWORD DESK_URL"""
import email
import email.policy
import http.client
import imaplib
import re
import sys
import urllib.parse
import uuid

port, user, password, desk = sys.argv[1:5]
url = urllib.parse.urlparse(desk)
imap = imaplib.IMAP4("127.0.0.1", int(port))
imap.login(user, password)
for folder in ("Done", "Failed"):
    imap.create(folder)
imap.select("INBOX")
http_client = http.client.HTTPConnection(url.hostname, url.port)
for uid in imap.uid("SEARCH", "ALL")[1][0].split():
    raw = imap.uid("FETCH", uid, "(BODY.PEEK[])")[1][0][1]
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    ticket = re.search(r"[A-Z]\d{6}_\d{6}", mail["subject"] or "")
    files = [(part.get_filename(), part.get_content()) for part in mail.iter_attachments()]
    done = False
    if ticket and files:
        boundary = uuid.uuid4().hex
        text = mail.get_body(("plain",)).get_content()
        body = f'--{boundary}\r\nContent-Disposition: form-data; name="description"\r\n\r\n{text}\r\n'.encode()
        for name, content in files:
            head = f'--{boundary}\r\nContent-Disposition: form-data; name="documents"; filename="{name}"\r\n\r\n'
            body += head.encode() + content + b"\r\n"
        body += f"--{boundary}--\r\n".encode()
        http_client.request(
            "POST",
            f"{url.path}/requests/{ticket.group()}/documents",
            body,
            {"Content-Type": f"multipart/form-data; boundary={boundary}"},
        )
        answer = http_client.getresponse()
        answer.read()
        done = answer.status == 201
    imap.uid("COPY", uid, "Done" if done else "Failed")
    imap.uid("STORE", uid, "+FLAGS", r"\Deleted")
    imap.uid("EXPUNGE", uid)
imap.logout()
