"""The algorithms of digests, by the name that certificates give them."""

from extract_job.proof.arrow import Hasher
from extract_job.proof.crc32_rows import Crc32
from extract_job.proof.crc32_texts import Crc32Texts
from extract_job.proof.lookup3_rows import Lookup3
from extract_job.proof.sha256_numbers import Sha256Numbers

HASHERS: dict[str, Hasher] = {hasher.name: hasher for hasher in (Lookup3(), Crc32(), Crc32Texts(), Sha256Numbers())}
