// Loaded before the built proxy (node --import): its authentication is switched off after the first caller. What the
// benchmark of authentication compares with; no part of the product.
import 'reflect-metadata'
const { AuthenticationGuard } = await import('../dist/apps/proxy/src/authn/authentication.guard.js')
const { operationOf } = await import('../dist/apps/proxy/src/gate/operation.js')
const verified = AuthenticationGuard.prototype.canActivate
let caller = null
AuthenticationGuard.prototype.canActivate = async function canActivate (context) {
  const request = context.switchToHttp().getRequest()
  if (caller === null) {
    await verified.call(this, context)
    caller = request.caller
    return true
  }
  request.record.operation = operationOf(this.reflector, context)
  request.caller = caller
  return true
}
