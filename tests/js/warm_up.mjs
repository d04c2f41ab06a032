// Peers that gather, all at once, and a certificate: what a server makes at
// their first use and keeps is there when they are gone.
const PEERS = 32;

export async function warmUp(client) {
  const names = await Promise.all(Array.from({length: PEERS}, async () => {
    const {peer} = await client.peer.createPeer(
      {dataChannels: [{label: 'chat'}]});
    await client.peer.setLocalDescription({name: peer.name});
    return peer.name;
  }));
  await Promise.all(names.map((name) => client.peer.closePeer({name})));
  const {certificate: {name}} =
    await client.certificate.generateCertificate({});
  await client.certificate.deleteCertificate({name});
}
