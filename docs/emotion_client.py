"""A client of the HTTP API in one file; it needs Python 3.9 or newer and no packages. Copy it into your project.

>>> client = Client("http://localhost:8502")
>>> client.image("team.jpg")["faces"][0]["emotion"]
'happiness'
>>> job = client.video("talk.mp4", every=2)
>>> client.wait(job["id"])["state"]
'done'
>>> client.save_result(job["id"], "talk.csv", "csv")
"""

import json
import os
import shutil
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid


class ApiError(Exception):
    """An answer that is an error.

    Attributes:
        status: HTTP status.
        code: For programs, such as ``unreadable_picture``.
        request_id: Names the request in the server's log.
    """

    def __init__(self, status, problem):
        super().__init__(problem.get("detail", "no details"))
        self.status, self.code, self.request_id = status, problem.get("code"), problem.get("request_id")


class Client:
    """The API of one server.

    Args:
        server: Its address, such as ``http://localhost:8502``.
        token: From the About page; not needed where only this machine reaches the server and nobody signs in.
        timeout_s: Longest wait for an answer, seconds.
    """

    def __init__(self, server, token=None, timeout_s=120):
        self.base, self.token, self.timeout_s = server.rstrip("/") + "/api/v1", token, timeout_s

    def image(self, path, retries=3, **options):
        """Return the faces of a picture; nothing is stored. Options: ``model``."""
        return self._send("/images", path, options, retries)

    def video(self, path, retries=3, **options):
        """Upload a video and return its job; a lost answer makes no second job.

        Options: ``title``, ``tag`` (a list), ``model``, ``every``, ``fps``, ``start_s``, ``end_s``, ``keep_video``,
            ``eyes``, ``movements``.
        """
        return self._send("/videos", path, options, retries, {"Idempotency-Key": uuid.uuid4().hex})

    def job(self, job_id):
        """Return how far a job is."""
        return self._json("GET", f"/jobs/{job_id}")

    def follow(self, job_id):
        """Yield a job whenever it changes, until it is over."""
        over = False
        while not over:
            with self._open("GET", f"/jobs/{job_id}/events") as answer:
                event = ""
                for raw in answer:
                    name, _, value = raw.decode().rstrip("\n").partition(": ")
                    if name == "event":
                        event = value
                    elif name == "data" and event == "job":
                        yield json.loads(value)
                    elif name == "data":
                        over = value != "timeout"

    def wait(self, job_id):
        """Return a job once it is over."""
        for job in self.follow(job_id):
            last = job
        return last

    def result(self, job_id):
        """Return facts, settings, figures and every row of a job's timeline."""
        return self._json("GET", f"/jobs/{job_id}/result")

    def save_result(self, job_id, path, format="csv"):
        """Write a job's timeline to a file, as ``json``, ``csv`` or ``parquet``."""
        with self._open("GET", f"/jobs/{job_id}/result", {"format": format}) as answer, open(path, "wb") as file:
            shutil.copyfileobj(answer, file)

    def delete(self, job_id):
        """Delete a job that is over, with its video and results."""
        self._open("DELETE", f"/jobs/{job_id}").close()

    def _send(self, to, path, options, retries, headers=None):
        """Send a file, and again if the answer is lost or says that the server is busy."""
        query = {"name": os.path.basename(path), **options}
        for attempt in range(retries + 1):
            try:
                with open(path, "rb") as file:
                    return self._json("POST", to, query, file, headers)
            except (urllib.error.URLError, ConnectionError, ApiError) as error:
                may_come_again = not isinstance(error, ApiError) or error.status in (409, 429, 503)
                if attempt == retries or not may_come_again:
                    raise
                time.sleep(2**attempt)

    def _json(self, method, path, query=None, file=None, headers=None):
        with self._open(method, path, query, file, headers) as answer:
            return json.load(answer)

    def _open(self, method, path, query=None, file=None, headers=None):
        sent = {"Content-Type": "application/octet-stream", **(headers or {})} if file else {}
        if file:
            sent["Content-Length"] = str(os.fstat(file.fileno()).st_size)
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        asked = {
            name: str(value).lower() if isinstance(value, bool) else value for name, value in (query or {}).items()
        }
        address = self.base + path + ("?" + urllib.parse.urlencode(asked, doseq=True) if asked else "")
        request = urllib.request.Request(address, file, sent, method=method)
        try:
            return urllib.request.urlopen(request, timeout=self.timeout_s)
        except urllib.error.HTTPError as error:
            with error:
                raise ApiError(error.code, _problem(error.read())) from None


def _problem(content):
    try:
        return json.loads(content)
    except ValueError:
        return {"detail": content.decode("utf-8", "replace")}
