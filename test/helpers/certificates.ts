import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generate } from 'selfsigned'

export interface Certificates {
  /** Paths of PEM files. */
  readonly ca: string
  readonly server: { readonly cert: string; readonly key: string }
  readonly client: { readonly cert: string; readonly key: string }
}

/** Makes an authority in `folder`, and certificates of it for a server on 127.0.0.1 and for a client. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  mkdirSync(folder, { recursive: true })
  const common = { algorithm: 'sha256', keySize: 2048 } as const
  const authority = await generate([{ name: 'commonName', value: 'the authority of the tests' }], {
    ...common,
    extensions: [{ name: 'basicConstraints', cA: true, critical: true }],
  })
  const write = (name: string, text: string) => {
    const file = join(folder, name)
    writeFileSync(file, text)
    return file
  }
  const signed = async (name: string) => {
    const { cert, private: key } = await generate([{ name: 'commonName', value: name }], {
      ...common,
      ca: { key: authority.private, cert: authority.cert },
      extensions: [
        { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
        { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
      ],
    })
    return { cert: write(`${name}.pem`, cert), key: write(`${name}-key.pem`, key) }
  }
  return { ca: write('ca.pem', authority.cert), server: await signed('etcd'), client: await signed('drumbeat') }
}
