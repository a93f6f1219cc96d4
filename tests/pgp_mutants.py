"""pgp_mutants: OpenPGP messages taken to pieces and put together wrongly, by a seed.

Outside: the bytes and packets of an encrypted message. Inside: the packets under the encryption, which whoever has the recipient's
public key may change as they like, since anybody can encrypt: they are the ones that lead to a false verdict.
"""
import base64
import zlib

# -- packets ----------------------------------------------------------------------------------------------------------------------


def length(n):
    """A length in the new format."""
    if n < 192:
        return bytes([n])
    if n < 8384:
        return bytes([192 + ((n - 192) >> 8), (n - 192) & 255])
    return b"\xff" + n.to_bytes(4, "big")


def packet(tag, body):
    return bytes([0xC0 | tag]) + length(len(body)) + body


def partial(tag, body, bits):
    """The same packet with partial lengths of 2^bits."""
    out, step = bytes([0xC0 | tag]), 1 << bits
    while len(body) >= step:
        out += bytes([224 + bits]) + body[:step]
        body = body[step:]
    return out + length(len(body)) + body


def packets(data):
    """[(tag, body, bytes as they stand)]; what cannot be read is one last packet of tag None."""
    found, at = [], 0
    while at < len(data):
        begin, tag, body, good = at, None, b"", False
        head = data[at]
        at += 1
        try:
            if head & 0xC0 == 0xC0:
                tag = head & 0x3F
                while True:
                    first = data[at]
                    at += 1
                    more = 224 <= first < 255
                    if first < 192:
                        n = first
                    elif first < 224:
                        n = ((first - 192) << 8) + data[at] + 192
                        at += 1
                    elif more:
                        n = 1 << (first & 31)
                    else:
                        n = int.from_bytes(data[at:at + 4], "big")
                        at += 4
                    body += data[at:at + n]
                    good = at + n <= len(data)
                    at += n
                    if not more or not good:
                        break
            elif head & 0xC0 == 0x80:
                tag, kind = (head >> 2) & 15, head & 3
                if kind == 3:
                    n = len(data) - at
                else:
                    n = int.from_bytes(data[at:at + (1 << kind)], "big")
                    at += 1 << kind
                body = data[at:at + n]
                good = at + n <= len(data)
                at += n
        except IndexError:
            good = False
        if not good:
            found.append((None, b"", data[begin:]))
            break
        found.append((tag, body, data[begin:at]))
    return found


def literal(text, name=b"x", kind=b"b"):
    return packet(11, kind + bytes([len(name)]) + name + b"\0\0\0\0" + text)


def compressed(data, algorithm=2):
    if algorithm == 1:
        deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
        return packet(8, b"\1" + deflate.compress(data) + deflate.flush())
    return packet(8, b"\2" + zlib.compress(data)) if algorithm == 2 else packet(8, b"\0" + data)


def unpacked(data):
    """The packets in a compressed packet, or data as it is."""
    found = packets(data)
    if len(found) == 1 and found[0][0] == 8:
        body = found[0][1]
        return {0: lambda b: b, 1: lambda b: zlib.decompress(b, -15), 2: zlib.decompress}[body[0]](body[1:])
    return data


# -- armor ------------------------------------------------------------------------------------------------------------------------


def armored(data, checksum=True):
    crc = 0xB704CE
    for byte in data:
        crc ^= byte << 16
        for _ in range(8):
            crc <<= 1
            if crc & 0x1000000:
                crc ^= 0x1864CFB
    text = base64.b64encode(data).decode()
    lines = [text[at:at + 64] for at in range(0, len(text), 64)]
    if checksum:
        lines.append("=" + base64.b64encode((crc & 0xFFFFFF).to_bytes(3, "big")).decode())
    return ("-----BEGIN PGP MESSAGE-----\n\n" + "\n".join(lines) + "\n-----END PGP MESSAGE-----\n").encode()


def armor_damage(random, text):
    lines = text.split(b"\n")
    at = random.randrange(len(lines))
    how = random.randrange(12)
    if how == 0:
        del lines[at]
    elif how == 1:
        lines.insert(at, lines[at])
    elif how == 2:
        lines.insert(at, random.choice([b"", b" ", b"Hash: SHA256", b"Comment: x", b"-----BEGIN PGP MESSAGE-----", b"-----END PGP MESSAGE-----",
                                        b"-----BEGIN PGP SIGNED MESSAGE-----", b"=AAAA", b"\x0c", b"\0", b"- -----", b"=" * 70, b"A" * 30000]))
    elif how == 3:
        random.shuffle(lines)
    elif how == 4:
        lines[at] = lines[at][::-1]
    elif how == 5:
        lines = lines[:at]
    elif how == 6:
        lines = lines[at:]
    elif how == 7:
        lines = [line + b"\r" for line in lines]
    elif how == 8:
        lines = [line + b" \t" for line in lines]
    elif how == 9:
        lines = lines + [b""] + lines
    elif how == 10:
        lines[0] = random.choice([b"-----BEGIN PGP SIGNED MESSAGE-----", b"-----BEGIN PGP SIGNATURE-----", b"-----BEGIN PGP MESSAGE, PART 1/2-----",
                                  b"-----BEGIN PGP PUBLIC KEY BLOCK-----"])
    else:
        return damage(random, text, text)
    return b"\n".join(lines)


# -- mutations --------------------------------------------------------------------------------------------------------------------

MORE = [b"", packet(10, b"PGP"), packet(60, b"private"), packet(21, b"padding" * 3), packet(13, b"a user id"), packet(12, b"trust"),
        packet(19, b"\0" * 20), packet(3, b"\4\7\3\10" + b"saltsalt" + b"\x60")]


def damage(random, data, other):
    """Bytes, not packets."""
    if not data:
        return other
    at = random.randrange(len(data))
    how = random.randrange(9)
    if how <= 1:
        return data[:at] + bytes([data[at] ^ (1 << random.randrange(8))]) + data[at + 1:]
    if how == 2:
        return data[:at]
    if how == 3:
        return data[:len(data) - 1 - random.randrange(min(len(data), 64))]
    if how == 4:
        return data[:at] + random.randbytes(random.randrange(1, 40)) + data[at:]
    if how == 5:
        return data[:at] + data[min(len(data), at + random.randrange(1, 40)):]
    if how == 6:
        end = min(len(data), at + random.randrange(1, 200))
        return data[:end] + data[at:end] + data[end:]
    if how == 7:
        return data[:at] + other[random.randrange(len(other)):]
    return data[:at] + bytes([random.randrange(256)]) + data[at + 1:]


def retag(random, one):
    tag, body, whole = one
    how = random.randrange(5)
    if tag is None or how == 0:
        return damage(random, whole, whole)
    if how == 1:
        return packet(random.choice([1, 2, 3, 4, 8, 9, 10, 11, 14, 18, 19, 20, 60]), body)
    if how == 2:
        return partial(tag, body, random.randrange(9, 13) if len(body) > 512 else random.randrange(0, 4))
    if how == 3 and tag in (1, 2, 4) and body:
        at = random.randrange(min(len(body), 24))
        return packet(tag, body[:at] + bytes([random.randrange(256)]) + body[at + 1:])
    if tag < 16:  # the old format, of no stated length
        return bytes([0x80 | tag << 2 | 3]) + body
    return packet(tag, damage(random, body, body))


def rearranged(random, data, other, extra=()):
    """The packets of one message in another order, with some of another's."""
    mine, pool = [p[2] for p in packets(data)], [p[2] for p in packets(other)] + MORE + list(extra)
    for _ in range(random.choice([1, 1, 1, 2, 3])):
        how, at = random.randrange(7), random.randrange(len(mine) + 1)
        if how == 0 and len(mine) > 1:
            random.shuffle(mine)
        elif how == 1 and mine:
            del mine[at % len(mine)]
        elif how == 2 and mine:
            mine.insert(at, mine[random.randrange(len(mine))])
        elif how == 3:
            mine.insert(at, random.choice(pool))
        elif how == 4 and mine:
            mine[at % len(mine)] = random.choice(pool)
        elif how == 5 and mine:
            found = packets(mine[at % len(mine)])
            mine[at % len(mine)] = retag(random, found[0]) if found else b""
        else:
            mine += pool[:random.randrange(len(pool))]
    return b"".join(mine)


def outside(random, messages):
    """A mutant of encrypted messages; some in armor."""
    data, other = random.choice(messages), random.choice(messages)
    how = random.randrange(8)
    if how == 0:
        return armor_damage(random, armored(data, random.random() < 0.8))
    if how == 1:
        return data + random.choice([data, other, b"\n", b"rubbish", packets(other)[-1][2], *MORE[1:], literal(b"not signed\n")])
    if how == 2:
        return random.choice([other, b"\n", *MORE[1:], literal(b"not signed\n"), compressed(literal(b"not signed\n"))]) + data
    if how <= 4:
        return rearranged(random, data, other, (literal(b"not signed\n"), compressed(literal(b"not signed\n"))))
    return damage(random, data, other)


def inside(random, signed):
    """A mutant of signed messages that are not encrypted yet: [(one-pass, literal, signature) as bytes]."""
    data, other = random.choice(signed), random.choice(signed)
    extra = (literal(b"not signed\n"), literal(b""), compressed(literal(b"not signed\n"), random.randrange(3)), compressed(data, random.randrange(3)))
    how = random.randrange(6)
    if how <= 2:
        made = rearranged(random, data, other, extra)
    elif how == 3:
        made = damage(random, data, other)
    elif how == 4:  # the text changed, the rest as it was
        made = b"".join(packet(tag, changed(random, body)) if tag == 11 else whole for tag, body, whole in packets(data))
    else:
        made = random.choice([data + other, data + extra[0], extra[0] + data, other + data, data + data, extra[1] + data, data + extra[1],
                              b"".join(p[2] for p in packets(data)[:-1]), b"".join(p[2] for p in packets(data)[1:])])
    for _ in range(random.choice([0, 0, 1, 1, 2])):
        made = compressed(made, random.randrange(3))
    return made


def changed(random, body):
    """A literal packet's body with another mode, name, date or text."""
    how, name = random.randrange(4), body[1]
    if how == 0:
        return bytes([random.choice(b"btuml1\0")]) + body[1:]
    if how == 1:
        return body[:1] + b"\5other" + body[2 + name:]
    if how == 2:
        return body[:2 + name] + random.randbytes(4) + body[6 + name:]
    return body[:6 + name] + damage(random, body[6 + name:], b"999,injected\n")
